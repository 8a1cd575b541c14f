"""Families of reports (groups and steps in Dagster) and the pages that show them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """Reports that share a scan and are materialized by one step."""

    name: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class PageSpec:
    """A page of the dashboards, in the order of the navigation."""

    route: str
    title: str
    section: str
    description: str


FAMILIES = {
    family.name: family
    for family in (
        Family("funnels", "Funnels", "How sessions and customers advance from step to step."),
        Family("orders", "Orders", "Orders over time, averages, distributions and key figures."),
        Family("cohorts", "Cohorts", "Whether and when customers come again, what they bring, and how the shop grows."),
        Family("churn", "Churn", "How many customers have gone quiet."),
        Family("products", "Products", "What is ordered, by whom, and what it brings."),
        Family("promotions", "Promotions", "Which orders carry a promotion, what they bring, and who uses them."),
        Family(
            "rfm", "RFM and segments", "How recently, how often and for how much customers order, and their groups."
        ),
        Family(
            "ab_tests", "A/B tests", "What promotions, products and experiments change, and how far that is chance."
        ),
        Family("clv", "Lifetime value", "What customers are expected to bring, and how good such forecasts were."),
        Family("deliveries", "Deliveries", "How long deliveries take, when and where, and which took too long."),
        Family(
            "anomalies", "Anomalies", "On which days the shop's figures lie where they should not, and what carries it."
        ),
    )
}

PAGES = {
    page.route: page
    for page in (
        PageSpec("/", "Overview", "Overview", "How the shop is doing: orders, products, promotions, who comes back."),
        PageSpec("/funnels", "Funnels", "Behaviour", "How sessions and customers advance from step to step."),
        PageSpec("/orders", "Orders", "Behaviour", "Orders over time, their amounts, and how often customers order."),
        PageSpec("/cohorts", "Cohorts", "Customers", "How soon customers order first, and again."),
        PageSpec("/retention", "Retention", "Customers", "Who comes again, what that brings, and how the shop grows."),
        PageSpec("/journey", "Journey", "Customers", "How long customers take from the download to each order."),
        PageSpec("/churn", "Churn", "Customers", "How many customers have gone quiet, and how many come back."),
        PageSpec("/rfm", "RFM", "Customers", "How recently, how often and for how much customers order."),
        PageSpec(
            "/segments", "Segments", "Customers", "Groups of customers by their scores, and who changes between them."
        ),
        PageSpec(
            "/clv", "Lifetime value", "Customers", "What customers are expected to bring, and how well that is known."
        ),
        PageSpec("/customers", "Customers", "Customers", "Who they are: all customers, or those behind a number."),
        PageSpec(
            "/products", "Products", "Products", "Which products and categories are ordered, and what they bring."
        ),
        PageSpec("/promotions", "Promotions", "Products", "What each promotion brings, what it costs, and to whom."),
        PageSpec(
            "/ab-tests/promotions",
            "Promotion effects",
            "A/B tests",
            "What customers order in the week after a first order with a promotion, against the week before. No lot decided "
            "who used it: those who do choose to (selection), and after much comes less by itself (regression to the mean). "
            "Holding them against like customers takes out part of both, so the adjusted change leads, the raw one beside it.",
        ),
        PageSpec(
            "/ab-tests/products",
            "Product effects",
            "A/B tests",
            "What customers order in the week after a first order with a product, against the week before. No lot decided "
            "who bought it: those who do choose to (selection), and after much comes less by itself (regression to the "
            "mean). Their other orders tell what that does, so the adjusted change leads, the raw one beside it.",
        ),
        PageSpec(
            "/ab-tests/segments",
            "Segment changes",
            "A/B tests",
            "What the customers of each segment order now, against the days, weeks or months before. A holiday changes all "
            "of them, and some have left since, so what a segment did beyond all other customers leads, the raw change "
            "beside it. Who ordered much when segments were made orders less later by itself (regression to the mean).",
        ),
        PageSpec(
            "/ab-tests/experiments",
            "Experiments",
            "A/B tests",
            "What the variants of experiments change, whose customers were drawn by lot, and what to do with them. Verdicts "
            "hold on every day on which one looks; variants of other sizes than planned have none.",
        ),
        PageSpec(
            "/anomalies",
            "Anomalies",
            "Quality",
            "Days on which the shop's figures lie where they should not, what carries that, and how often such an alarm is "
            "false.",
        ),
        PageSpec(
            "/deliveries",
            "Deliveries",
            "Quality",
            "How long orders take to be prepared, ridden, delivered and returned, when and where, and which took too long.",
        ),
    )
}
