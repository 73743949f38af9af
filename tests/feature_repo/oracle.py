"""The same features again, in plain SQL, written apart from the transforms: what the tests compare them with.

`D` is the snapshot's day. Each query gives one row per customer who has a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

import duckdb
import pandas as pd

from core.workspace import Workspace
from feature_repo import catalog

BASE = """
CREATE TEMP MACRO ago(d) AS date_diff('day', d, DATE '{day}');
CREATE TEMP TABLE o AS SELECT * FROM orders WHERE day < DATE '{day}' AND customer_id IS NOT NULL;
CREATE TEMP TABLE c AS SELECT o.*, p.category, p.department, p.brand FROM o JOIN products p USING (product_id)
    WHERE quantity > 0 AND coalesce(p.department, '') <> 'SERVICES';
CREATE TEMP TABLE d AS SELECT customer_id, day, sum(revenue) AS money, count(*) AS lines FROM o GROUP BY ALL;
CREATE TEMP TABLE b AS SELECT customer_id, order_id, day, min(local_at) AS began, sum(revenue) AS money,
    sum(coalesce(discount, 0)) AS off, count(*) AS lines, sum(quantity) AS units,
    count(*) FILTER (coalesce(discount, 0) > 0) AS off_lines, max(store_id) AS store FROM o GROUP BY ALL;
CREATE TEMP TABLE g AS SELECT customer_id, day, date_diff('day', lag(day) OVER (
    PARTITION BY customer_id ORDER BY day), day) AS gap FROM d;
CREATE TEMP TABLE camp AS SELECT * FROM campaigns WHERE CASE WHEN known_from IS NULL
    THEN starts_on < DATE '{day}' + 28 ELSE known_from <= DATE '{day}' END;
CREATE TEMP TABLE lost AS SELECT customer_id, max(day) < DATE '{day}' - 28 AS gone FROM d
    WHERE ago(day) <= 88 GROUP BY 1 HAVING min(day) < DATE '{day}' - 28;
CREATE TEMP TABLE shared AS SELECT DISTINCT customer_id, 'product' AS what, product_id AS thing, day FROM c
    UNION ALL SELECT customer_id, 'category', category, day FROM c WHERE category IS NOT NULL
        GROUP BY customer_id, department, category, day
    UNION ALL SELECT customer_id, 'store', store, day FROM b WHERE store IS NOT NULL;
CREATE TEMP TABLE pair AS SELECT customer_id, what, thing,
    count(*) FILTER (ago(day) <= 84) AS bought, min(ago(day)) AS newest,
    bool_or(ago(day) BETWEEN 29 AND 88) AS could, bool_or(ago(day) <= 28) AS again,
    bool_or(ago(day) <= 28) AS now, bool_or(ago(day) BETWEEN 29 AND 56) AS before
    FROM shared WHERE ago(day) <= 88 GROUP BY ALL;
CREATE TEMP TABLE other AS SELECT p.customer_id, p.what, p.thing, p.bought, p.newest,
    count(*) FILTER (q.could) AS could, count(*) FILTER (q.could AND lost.gone) AS gone,
    count(*) FILTER (q.could AND q.again) AS again, count(*) FILTER (q.now) AS now,
    count(*) FILTER (q.before) AS before
    FROM pair p LEFT JOIN pair q ON q.what = p.what AND q.thing = p.thing AND q.customer_id <> p.customer_id
    LEFT JOIN lost ON lost.customer_id = q.customer_id GROUP BY ALL;
CREATE TEMP TABLE exit AS SELECT other.*,
    (20 + coalesce(gone / nullif((SELECT avg(gone::INT) FROM lost), 0), could)) / (20 + could) AS ratio FROM other;
CREATE TEMP TABLE own AS SELECT customer_id, sum(ratio * bought) / nullif(sum(bought), 0) AS mean
    FROM exit WHERE what = 'product' GROUP BY 1;
"""

QUERIES = {
    "visits": """
        SELECT customer_id,
            min(ago(day)) AS days_since_last_visit,
            list_sort(list(ago(day)))[2] AS days_since_visit_2_back,
            list_sort(list(ago(day)))[3] AS days_since_visit_3_back,
            list_sort(list(ago(day)))[5] AS days_since_visit_5_back,
            count(*) FILTER (ago(day) <= 7) AS visit_days_7d,
            count(*) FILTER (ago(day) <= 28) AS visit_days_28d,
            count(*) FILTER (ago(day) <= 84) AS visit_days_84d,
            count(*) FILTER (ago(day) <= 364) AS visit_days_364d,
            count(DISTINCT (ago(day) - 1) // 7) FILTER (ago(day) <= 84) AS visit_weeks_12w,
            sum(pow(0.5, ago(day) / 14.0)) AS visit_rate_decayed_14d,
            coalesce(sum(lines) FILTER (ago(day) <= 28), 0) AS lines_28d,
            coalesce(sum(money) FILTER (ago(day) <= 28), 0) AS revenue_28d,
            coalesce(sum(money) FILTER (ago(day) <= 182), 0) AS revenue_182d,
            sum(money * pow(0.5, ago(day) / 28.0)) AS revenue_decayed_28d,
            avg(money) AS revenue_per_visit_day, max(money) AS revenue_max_visit,
            arg_max(money, day) AS revenue_last_visit, sum(money) AS lifetime_revenue,
            max(ago(day)) AS days_since_first_visit, count(*) - 1 AS repeat_visits,
            max(ago(day)) - min(ago(day)) AS visit_span, count(*) / max(ago(day)) AS visit_rate,
            count(*) FILTER (ago(day) <= 28) - count(*) FILTER (ago(day) BETWEEN 29 AND 56)
                AS visit_days_change_28d,
            (count(*) FILTER (ago(day) <= 14) + 1) / (count(*) FILTER (ago(day) BETWEEN 15 AND 28) + 1)
                AS visit_days_ratio_14d,
            count(DISTINCT (ago(day) - 1) // 28) FILTER (ago(day) <= 168) AS active_blocks_6x28d,
            arg_max(isodow(day) - 1, day) AS last_weekday
        FROM d GROUP BY customer_id""",
    "slopes": """
        SELECT customer_id, regr_slope(n, week) AS visit_days_slope_12w, regr_slope(money, week) AS revenue_slope_12w
        FROM (SELECT k.customer_id, w.week, count(d.day) AS n, coalesce(sum(d.money), 0) AS money
              FROM (SELECT DISTINCT customer_id FROM d) k CROSS JOIN range(12) w(week)
              LEFT JOIN d ON d.customer_id = k.customer_id AND ago(d.day) <= 84
                  AND 11 - (ago(d.day) - 1) // 7 = w.week GROUP BY ALL) GROUP BY customer_id""",
    "gaps": """
        SELECT g.customer_id, avg(gap) AS gap_mean, quantile_cont(gap, 0.5) AS gap_median,
            stddev_samp(gap) AS gap_std, max(gap) AS gap_max, quantile_cont(gap, 0.9) AS gap_p90,
            arg_max(gap, day) FILTER (day = last) AS gap_last,
            min(ago(last)) / quantile_cont(gap, 0.5) AS overdue_ratio,
            (min(ago(last)) - avg(gap)) / nullif(stddev_samp(gap), 0) AS overdue_score,
            count(*) FILTER (gap < ago(last)) / nullif(count(gap), 0) AS gaps_shorter_share,
            count(*) FILTER (gap > 28) AS gaps_over_28d
        FROM g JOIN (SELECT customer_id, max(day) AS last FROM d GROUP BY 1) USING (customer_id)
        GROUP BY g.customer_id""",
    "baskets": """
        SELECT customer_id, count(*) FILTER (ago(day) <= 28) AS baskets_28d,
            avg(money) FILTER (ago(day) <= 182) AS basket_revenue_mean_182d,
            quantile_cont(money, 0.5) FILTER (ago(day) <= 182) AS basket_revenue_median_182d,
            avg(units) FILTER (ago(day) <= 182) AS basket_units_mean_182d,
            max(lines) FILTER (ago(day) <= 182) AS basket_lines_max_182d,
            avg((lines <= 3)::INT) FILTER (ago(day) <= 182) AS small_basket_share_182d,
            avg((isodow(day) >= 6)::INT) FILTER (ago(day) <= 182) AS weekend_share_182d,
            avg((hour(began) BETWEEN 6 AND 11)::INT) FILTER (ago(day) <= 182) AS morning_share_182d,
            avg(hour(began)) FILTER (ago(day) <= 182) AS hour_mean_182d,
            count(DISTINCT isodow(day)) FILTER (ago(day) <= 84) AS weekdays_84d,
            count(DISTINCT store) FILTER (ago(day) <= 182) AS stores_182d,
            coalesce(sum(off) FILTER (ago(day) <= 84), 0) AS discount_84d,
            sum(off) FILTER (ago(day) <= 84) / nullif(sum(off + money) FILTER (ago(day) <= 84), 0)
                AS discount_share_84d,
            sum(off_lines) FILTER (ago(day) <= 84) / sum(lines) FILTER (ago(day) <= 84) AS discounted_line_share_84d
        FROM b GROUP BY customer_id""",
    "stores": """
        SELECT customer_id, max(n) / sum(n) AS main_store_share_182d FROM (SELECT customer_id, store, count(*) AS n
        FROM b WHERE store IS NOT NULL AND ago(day) <= 182 GROUP BY ALL) GROUP BY customer_id""",
    "lines": """
        SELECT customer_id, count(*) FILTER (quantity < 0 AND ago(day) <= 364) AS return_lines_364d,
            coalesce(sum(-revenue) FILTER (quantity < 0 AND ago(day) <= 364), 0) AS returned_364d,
            min(ago(day)) FILTER (quantity < 0) AS days_since_return
        FROM o GROUP BY customer_id""",
    "counted": """
        SELECT customer_id, min(ago(day)) AS days_since_last_counted_purchase,
            coalesce(sum(revenue) FILTER (ago(day) <= 84), 0) AS counted_revenue_84d,
            count(DISTINCT category) FILTER (ago(day) <= 84) AS categories_84d,
            count(DISTINCT department) FILTER (ago(day) <= 182) AS departments_182d,
            count(DISTINCT product_id) FILTER (ago(day) <= 28) AS products_28d,
            count(DISTINCT product_id) FILTER (ago(day) <= 84) AS products_84d,
            count(DISTINCT brand) FILTER (ago(day) <= 182) AS brands_182d,
            coalesce(sum(revenue) FILTER (brand = 'own' AND ago(day) <= 84), 0)
                / nullif(sum(revenue) FILTER (ago(day) <= 84), 0) AS private_brand_share_84d,
            sum(revenue) FILTER (ago(day) <= 182) / nullif(sum(quantity) FILTER (ago(day) <= 182), 0)
                AS unit_price_182d
        FROM c GROUP BY customer_id""",
    "new products": """
        SELECT customer_id, count(*) FILTER (first <= 28) AS new_products_28d,
            count(*) FILTER (days >= 2) / nullif(count(*) FILTER (last <= 182), 0) AS repeat_product_share_182d
        FROM (SELECT customer_id, product_id, max(ago(day)) AS first, min(ago(day)) AS last,
              count(DISTINCT day) FILTER (ago(day) <= 182) AS days FROM c GROUP BY ALL) GROUP BY customer_id""",
    "top category": """
        SELECT customer_id, max(n) / nullif(sum(n), 0) AS top_category_share_182d FROM (SELECT customer_id, category,
        count(*) FILTER (ago(day) <= 182) AS n FROM c GROUP BY ALL) GROUP BY customer_id""",
    "uncounted": """
        SELECT customer_id, count(*) FILTER (n = 0 AND ago(day) <= 84) AS uncounted_visit_days_84d,
            coalesce(sum(money - paid) FILTER (ago(day) <= 84), 0) AS uncounted_revenue_84d
        FROM (SELECT d.customer_id, d.day, d.money, count(c.day) AS n, coalesce(sum(c.revenue), 0) AS paid
              FROM d LEFT JOIN c ON c.customer_id = d.customer_id AND c.day = d.day GROUP BY ALL)
        GROUP BY customer_id""",
    "neighbours": """
        SELECT customer_id,
            sum(ratio * bought) FILTER (what = 'product') / nullif(sum(bought) FILTER (what = 'product'), 0)
                AS product_exit_ratio_84d,
            sum(ratio * bought) FILTER (what = 'category') / nullif(sum(bought) FILTER (what = 'category'), 0)
                AS category_exit_ratio_84d,
            sum(ratio * bought) FILTER (what = 'store') / nullif(sum(bought) FILTER (what = 'store'), 0)
                AS store_exit_ratio_84d,
            sum(again * bought) FILTER (what = 'product') / nullif(sum(could * bought) FILTER (what = 'product'), 0)
                AS product_return_share_84d,
            sum((now - before) * bought) FILTER (what = 'product')
                / nullif(sum((now + before) * bought) FILTER (what = 'product'), 0) AS product_buyers_change_28d
        FROM exit GROUP BY customer_id""",
    "last purchase's buyers": """
        SELECT customer_id, avg(ratio) AS product_exit_ratio_last FROM (SELECT *, min(newest) OVER (
        PARTITION BY customer_id) AS latest FROM exit WHERE what = 'product') WHERE newest = latest GROUP BY 1""",
    "fellow buyers": """
        SELECT customer_id, sum(r * bought) / nullif(sum(bought), 0) AS fellow_exit_ratio_84d FROM (
            SELECT p.customer_id, p.thing, p.bought, (20 + coalesce(sum(own.mean), 0)) / (20 + count(own.mean)) AS r
            FROM pair p LEFT JOIN pair q ON q.what = 'product' AND q.thing = p.thing AND q.customer_id <> p.customer_id
            LEFT JOIN own ON own.customer_id = q.customer_id WHERE p.what = 'product' GROUP BY ALL)
        GROUP BY customer_id""",
    "unsold": """
        SELECT customer_id, avg((NOT sold)::INT) AS unsold_share_84d FROM (SELECT DISTINCT customer_id, product_id,
            day, product_id IN (SELECT product_id FROM c WHERE ago(day) <= 28) AS sold FROM c WHERE ago(day) <= 84)
        GROUP BY 1""",
    "coupons": """
        SELECT customer_id, count(*) FILTER (ago(day) <= 84) AS redemptions_84d,
            count(DISTINCT day) FILTER (ago(day) <= 364) AS redemption_days_364d,
            min(ago(day)) AS days_since_redemption
        FROM redemptions WHERE day < DATE '{day}' GROUP BY customer_id""",
    "campaigns": """
        SELECT customer_id, count(*) FILTER (ago(starts_on) BETWEEN 1 AND 84) AS campaigns_84d,
            count(*) FILTER (starts_on < DATE '{day}' AND ends_on >= DATE '{day}') AS campaigns_running,
            count(*) FILTER (starts_on >= DATE '{day}') AS campaigns_ahead,
            max(date_diff('day', DATE '{day}', ends_on)) FILTER (starts_on < DATE '{day}' AND ends_on >= DATE '{day}')
                AS campaign_days_left,
            min(date_diff('day', DATE '{day}', starts_on)) FILTER (starts_on >= DATE '{day}') AS days_to_next_campaign
        FROM camp GROUP BY customer_id""",
    "events": """
        SELECT customer_id, count(*) FILTER (kind = 'view' AND ago(day) <= 28) AS product_views_28d,
            count(*) FILTER (kind = 'complaint' AND ago(day) <= 84) AS complaints_84d,
            min(ago(day)) AS days_since_event
        FROM events WHERE day < DATE '{day}' GROUP BY customer_id""",
    "deliveries": """
        WITH bought AS (SELECT customer_id, order_id, max(day) AS day FROM b GROUP BY ALL),
        parcel AS (SELECT customer_id, bought.day, promised_on, problem AS told,
                CASE WHEN delivered_at + INTERVAL 1 HOUR < DATE '{day}' THEN delivered_at::DATE END AS came,
                CASE WHEN coalesce(delivered_at, coalesce(promised_on::TIMESTAMP, shipped_at) + INTERVAL 28 DAY)
                    + INTERVAL 1 HOUR < DATE '{day}' THEN problem END AS problem
            FROM deliveries JOIN bought USING (order_id)
            WHERE coalesce(coalesce(shipped_at, delivered_at) + INTERVAL 1 HOUR < DATE '{day}', true)),
        judged AS (SELECT *, coalesce(problem = 'late', false) OR coalesce(came > promised_on, false)
            OR (came IS NULL AND problem IS NULL AND coalesce(promised_on < DATE '{day}', false)) AS late,
            max(came) OVER (PARTITION BY customer_id) AS latest FROM parcel)
        SELECT customer_id, count(*) FILTER (ago(day) <= 84) AS deliveries_84d,
            count(*) FILTER (late AND ago(day) <= 364) AS late_deliveries_364d,
            count(*) FILTER (late AND ago(day) <= 84) / nullif(count(*) FILTER (ago(day) <= 84), 0)
                AS late_delivery_share_84d,
            avg(came - promised_on) FILTER (came = latest) AS days_late_last,
            avg(came - day) FILTER (ago(day) <= 364) AS delivery_days_mean_364d,
            min(ago(came)) FILTER (late) AS days_since_late_delivery,
            count(*) FILTER (came IS NULL AND problem IS NULL AND ago(day) <= 84) AS open_deliveries,
            count(*) FILTER (came IS NULL AND problem IS NULL AND late AND ago(day) <= 84) AS overdue_deliveries,
            count(problem) FILTER (ago(day) <= 364) AS delivery_problems_364d,
            min(ago(day)) FILTER (problem IS NOT NULL) AS days_since_delivery_problem
        FROM judged GROUP BY customer_id""",
    "tickets": """
        WITH asked AS (SELECT customer_id, day, opened_at,
                CASE WHEN answered_at + INTERVAL 1 HOUR < DATE '{day}' THEN answered_at END AS answered_at,
                CASE WHEN closed_at + INTERVAL 1 HOUR < DATE '{day}' THEN closed_at END AS closed_at,
                CASE WHEN coalesce(closed_at, answered_at, opened_at + INTERVAL 7 DAY) + INTERVAL 1 HOUR
                    < DATE '{day}' THEN satisfaction END AS satisfaction
            FROM tickets WHERE day < DATE '{day}'),
        marked AS (SELECT *, max(day) FILTER (answered_at IS NOT NULL) OVER (PARTITION BY customer_id) AS last_answer,
            max(day) FILTER (satisfaction IS NOT NULL) OVER (PARTITION BY customer_id) AS last_told FROM asked)
        SELECT customer_id, count(*) FILTER (ago(day) <= 84) AS tickets_84d,
            count(*) FILTER (ago(day) <= 84) - count(*) FILTER (ago(day) BETWEEN 85 AND 168) AS tickets_change_84d,
            count(*) FILTER (closed_at IS NULL) AS open_tickets,
            count(*) FILTER (closed_at IS NULL AND answered_at IS NULL) AS unanswered_tickets,
            avg(epoch(answered_at - opened_at) / 3600) AS answer_hours_mean_364d,
            avg(epoch(answered_at - opened_at) / 3600) FILTER (day = last_answer) AS answer_hours_last,
            avg(epoch(closed_at - opened_at) / 86400) AS settling_days_mean_364d,
            avg(satisfaction) AS satisfaction_mean_364d,
            avg(satisfaction) FILTER (day = last_told) AS satisfaction_last,
            count(*) FILTER (satisfaction <= 2) AS bad_tickets_364d, min(ago(day)) AS days_since_ticket
        FROM marked GROUP BY customer_id""",
    "reviews": """
        SELECT customer_id, count(*) AS reviews_written_364d, avg(rating) AS rating_mean,
            avg(rating) FILTER (day = latest) AS rating_last,
            avg(rating) FILTER (day = latest) - avg(rating) FILTER (day < latest) AS rating_change,
            count(*) FILTER (rating <= 2 AND ago(day) <= 84) AS low_ratings_84d,
            min(ago(day)) FILTER (rating <= 2) AS days_since_low_rating
        FROM (SELECT *, max(day) OVER (PARTITION BY customer_id) AS latest FROM reviews WHERE day < DATE '{day}'
            AND customer_id IS NOT NULL) GROUP BY customer_id""",
    "troubles and mailings": """
        SELECT e.customer_id, count(*) FILTER (kind = 'complaint') / any_value(orders) AS complaint_rate_364d,
            count(*) FILTER (kind = 'payment_failed' AND ago(e.day) <= 84) - count(*) FILTER (kind = 'payment_failed'
                AND ago(e.day) BETWEEN 85 AND 168) AS payment_failed_change_84d,
            min(ago(e.day)) FILTER (kind = 'payment_failed') AS days_since_failed_payment,
            count(*) FILTER (kind IN ('payment_failed', 'complaint') AND ago(e.day) <= 28) AS troubles_28d,
            count(*) FILTER (kind = 'email_open' AND ago(e.day) <= 28) AS emails_opened_28d,
            count(*) FILTER (kind = 'email_click' AND ago(e.day) <= 84)
                / nullif(count(*) FILTER (kind = 'email_open' AND ago(e.day) <= 84), 0) AS email_click_share_84d,
            min(ago(e.day)) FILTER (kind = 'email_open') AS days_since_email_opened
        FROM events e LEFT JOIN (SELECT customer_id, count(*) AS orders FROM b GROUP BY 1) USING (customer_id)
        WHERE e.day < DATE '{day}' GROUP BY e.customer_id""",
    "browsing": """
        SELECT e.customer_id, count(DISTINCT e.day) FILTER (ago(e.day) <= 28) AS browsing_days_28d,
            min(ago(e.day)) AS days_since_browsing, min(ago(e.day)) FILTER (kind = 'cart') AS days_since_cart,
            count(*) FILTER (kind = 'view' AND ago(e.day) <= 7) AS views_7d,
            count(*) FILTER (kind = 'cart' AND ago(e.day) <= 84)
                / nullif(count(*) FILTER (kind = 'view' AND ago(e.day) <= 84), 0) AS carts_per_view_84d,
            count(DISTINCT e.day) FILTER (coalesce(e.day > bought, true)) AS browsing_days_since_purchase
        FROM events e LEFT JOIN (SELECT customer_id, max(day) AS bought FROM d GROUP BY 1) USING (customer_id)
        WHERE e.day < DATE '{day}' AND kind IN ('view', 'cart') GROUP BY e.customer_id""",
    "scores": """
        SELECT customer_id,
            1 + 5 * (2 * rank() OVER (ORDER BY -min(ago(day))) - 2 + count(*) OVER (PARTITION BY min(ago(day))))
                // (2 * count(*) OVER ()) AS recency_score,
            1 + 5 * (2 * rank() OVER (ORDER BY count(*) FILTER (ago(day) <= 364)) - 2
                + count(*) OVER (PARTITION BY count(*) FILTER (ago(day) <= 364)))
                // (2 * count(*) OVER ()) AS frequency_score,
            percent_rank() OVER (ORDER BY round(coalesce(sum(money) FILTER (ago(day) <= 364), 0), 6))
                AS value_percentile
        FROM d GROUP BY customer_id""",
}


def features(workspace: Workspace, day: date, queries: Mapping[str, str] = QUERIES) -> pd.DataFrame:
    """Every feature the queries know, by customer, as of a day."""
    with duckdb.connect() as connection:
        workspace.tables.register(connection)
        for statement in BASE.format(day=day).split(";\n"):
            connection.execute(statement)
        base = connection.execute("SELECT DISTINCT customer_id FROM o ORDER BY 1").df().set_index("customer_id")
        for query in queries.values():
            base = base.join(connection.execute(query.format(day=day)).df().set_index("customer_id"))
    return base.astype("float64")


def names() -> set[str]:
    """The features the oracle knows."""
    features = {feature.name for feature in catalog.view("customer_features").features}
    return features & {name for query in QUERIES.values() for name in re.findall(r"AS (\w+)\b", query)}
