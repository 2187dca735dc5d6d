{{ config(materialized='table', dist='customer', sort=['customer'], sort_type='compound') }}
select customer, sum(amount) as amount, max(ordered) as last_order, listagg(id, ',') within group (order by id) as ids from {{ ref('orders_view') }} group by 1
