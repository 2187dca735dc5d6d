{{ config(materialized='view', bind=False) }}
select id, customer, amount::decimal(12,2) as amount, ordered from {{ ref('orders') }}
