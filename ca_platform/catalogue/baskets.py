"""What is bought together: pairs of products, rules, similar products."""

from __future__ import annotations

from ca_platform.catalogue.columns import count, share, text
from ca_platform.catalogue.spec import Column, Kind, ReportSpec

_WHOLE = "Only orders with at least one line count, and a product that stands twice in an order counts once."
_FACTS = ("product_numbers", "order_products", "dimension_values")
_SUPPORT = share("support", "Share of the orders that contain all of them, 0 to 1.")
_LIFT = Column(
    "lift",
    Kind.FLOAT,
    "How many times as often as by chance they stand together; 1 where they are independent.",
    "times",
)

BASKETS = (
    ReportSpec(
        name="most_combined_products",
        family="products",
        title="Most combined products",
        grain="pair of products",
        description=(
            "Unordered pairs of products in the same order, product_a before product_b by code point. Pairs in fewer "
            "than min_orders orders are left out: reports.most_combined_products.min_orders of the settings, and where "
            "that leaves more than 100,000 pairs, the smallest number of orders that leaves at most so many. "
            f"{_WHOLE}"
        ),
        columns=(
            text("product_a", "One product."),
            text("product_b", "The other product."),
            count("orders", "Orders that contain both."),
            _SUPPORT,
            share("confidence_ab", "Share of the orders with product_a that contain product_b too, 0 to 1."),
            share("confidence_ba", "Share of the orders with product_b that contain product_a too, 0 to 1."),
            _LIFT,
            share("jaccard", "Share of the orders with either product that contain both, 0 to 1."),
            count("min_orders", "Orders that a pair needs to be listed; the same in all rows."),
            count("pairs_below", "Pairs in fewer orders, but at least one; the same in all rows."),
        ),
        key=("product_a", "product_b"),
        facts=_FACTS,
        page="/products",
        requires=("lines",),
    ),
    ReportSpec(
        name="association_rules",
        family="products",
        title="Association rules",
        grain="rule",
        description=(
            "Who buys the products of the antecedent also buys the consequent. Rules are made of sets of products, up to "
            "reports.association_rules.max_size of them, that stand together in at least min_support of the orders, and "
            "in no fewer than 5; where more than 100,000 sets of a size would, in the smallest number of orders that "
            "leaves at most so many (min_orders says which). Their confidence is at least min_confidence. Both limits "
            "are inclusive and compared in whole numbers. At most the 10,000 rules of the highest lift are listed, those "
            "of the same lift by orders, then by the names of antecedent and consequent; rules_total counts all. "
            f"{_WHOLE}"
        ),
        columns=(
            Column("antecedent", Kind.TEXTS, "A: products that are bought, sorted by code point.", "products"),
            text("consequent", "C: the product that is bought with them."),
            _SUPPORT,
            share("confidence", "Share of the orders with A that contain C too, 0 to 1."),
            _LIFT,
            Column(
                "leverage",
                Kind.FLOAT,
                "Support beyond that of independent products, −0.25 to 0.25.",
                "share",
            ),
            Column(
                "conviction",
                Kind.FLOAT,
                "How many times as often as it does the rule would fail by chance; null where it never fails.",
                "times",
                nullable=True,
            ),
            count("orders", "Orders that contain all of them."),
            count("rules_total", "All rules, those that are not listed included; the same in all rows."),
            count("min_orders", "Orders that a set needs; the same in all rows."),
            Column("rank", Kind.INTEGER, "1 for the highest lift.", "rank"),
        ),
        key=("rank",),
        facts=_FACTS,
        page="/products",
        requires=("lines",),
    ),
    ReportSpec(
        name="similar_products",
        family="products",
        title="Similar products",
        grain="product × similar product",
        description=(
            "Up to ten products that are bought by the same customers as a product, whether in one order or in several. "
            "The score is the cosine of the two products' vectors over the customers, of 1 for those who have ever bought "
            "it: customers of both over the root of the product of the customers of each. Products with a single customer "
            "in common are not listed: they would be as similar as can be by chance. Ranks follow the score, then the "
            "revenue of the similar product, then its name, without ties."
        ),
        columns=(
            text("product", "The product."),
            text("similar", "A product that the same customers buy."),
            Column("score", Kind.FLOAT, "Cosine, 0 to 1; 1 where exactly the same customers buy both.", "share"),
            Column("rank", Kind.INTEGER, "1 to 10, 1 for the most similar.", "rank"),
        ),
        key=("product", "rank"),
        facts=("product_numbers", "order_products", "product_days", "product_totals"),
        page="/products",
        by_dimension=False,
        requires=("lines",),
    ),
)
