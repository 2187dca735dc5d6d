{{ config(materialized='materialized_view', auto_refresh=False) }}
select customer, count(*) as n from {{ ref('by_customer') }} group by customer
