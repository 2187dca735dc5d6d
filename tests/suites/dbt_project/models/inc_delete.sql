{{ config(materialized='incremental', unique_key='id', incremental_strategy='delete+insert', dist='id', sort='ordered', on_schema_change='append_new_columns') }}
select id, customer, amount, ordered, getdate() as loaded {% if var('extra', false) %}, 'x'::varchar(10) as extra {% endif %} from {{ ref('orders') }}
{% if is_incremental() %} where ordered >= (select max(ordered) from {{ this }}) {% endif %}
