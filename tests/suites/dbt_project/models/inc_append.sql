{{ config(materialized='incremental', incremental_strategy='append') }}
select id, customer from {{ ref('orders') }}
