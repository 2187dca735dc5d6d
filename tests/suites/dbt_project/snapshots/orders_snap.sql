{% snapshot orders_snap %}
{{ config(target_schema='shop_snap', unique_key='id', strategy='check', check_cols=['amount']) }}
select id, amount from {{ ref('orders') }}
{% endsnapshot %}
