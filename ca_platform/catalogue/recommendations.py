"""What customers are likely to buy next, why, and how often that came true."""

from __future__ import annotations

from ca_platform.catalogue.columns import count, day, flag, text
from ca_platform.catalogue.spec import Column, Kind, ReportSpec

_FACTS = ("product_numbers", "order_products", "client_numbers", "first_sessions", "customers")
_METHODS = (
    "Methods: blend, which weighs for products bought before the share of the customer's orders that contain them "
    "(each order counting less than the one after it), how often a product is bought again at all, and its popularity; "
    "for new ones the similarity to what was bought, by common customers and common orders and by the trend of "
    "demand, and popularity, an order counting half as much after 28 days; own history, then popularity; item "
    "cosine; popularity. The weights of the blend are those that would have been best in the 28 days before the "
    "last month's end."
)


RECOMMENDATIONS = (
    ReportSpec(
        name="product_recommendations",
        family="products",
        title="Recommended products",
        grain="customer × rank",
        description=(
            "Up to ten products that each customer is most likely to order next, bought before or not, of those sold in "
            "the last 90 days; of customers without an order what is popular. Scores are comparable between the "
            "products of a customer, not between customers. They come from the method with the highest mean of recall "
            f"and NDCG in recommendation_backtest, the blend where there is none yet. {_METHODS}"
        ),
        columns=(
            text("client", "The customer."),
            text("product", "The product."),
            Column("score", Kind.FLOAT, "How much speaks for it, 0 to 1.", "share"),
            Column("rank", Kind.INTEGER, "1 to 10, 1 for the highest score; equal ones by name.", "rank"),
            text(
                "reason",
                "bought before; bought together (it stands in the same orders as something that the customer bought); "
                "similar customers (the same customers buy both); popular.",
            ),
            flag("is_repeat", "The customer has bought it before."),
            Column("times_bought", Kind.INTEGER, "The customer's orders with it.", "count"),
            Column(
                "last_bought", Kind.DATE, "Day of the last of them; null for a new one.", "local day", nullable=True
            ),
            text(
                "because_of",
                "Of a similar product: what the customer bought that speaks most for it; null for other reasons.",
                nullable=True,
            ),
        ),
        key=("client", "rank"),
        facts=_FACTS,
        page="/customers",
        by_dimension=False,
        storage="lake",
        requires=("lines",),
    ),
    ReportSpec(
        name="recommended_products",
        family="products",
        title="Most recommended products",
        grain="product",
        description=(
            "On how many of the lists of product_recommendations each product stands, and for which reasons. Ranks "
            "follow the lists, then the name, without ties."
        ),
        columns=(
            text("product", "The product."),
            count("lists", "Customers to whom it is recommended."),
            count("first", "Those of them with it on the first place."),
            count("before", "Those who have bought it before."),
            count("together", "Those to whom it is new, and who bought something that stands in the same orders."),
            count("similar", "Those to whom it is new, and who bought something that the same customers buy."),
            count("popular", "Those to whom it is recommended because it is popular."),
            Column("rank", Kind.INTEGER, "1 for the most recommended.", "rank"),
        ),
        key=("rank",),
        facts=_FACTS,
        page="/products",
        by_dimension=False,
        requires=("lines",),
    ),
    ReportSpec(
        name="recommendation_backtest",
        family="products",
        title="How good recommendations were",
        grain="origin × method × metric",
        description=(
            "Lists of ten products made with what was known at the end of a month (origin), held against the first "
            "order of each customer in the 28 days after it; the last four month ends that are so long ago. Customers "
            "are those who had ordered before and came back; of a shop with more than 20,000 customers every k-th. "
            "recall_at_10 is the share of the products of that order that were on the list; ndcg_at_10 counts a "
            "product less the further down it stands, 1 for a list of all of them in the first places. The metrics "
            "that end in _repeat and _new rank and want only products that the customer had, or had not, bought "
            f"before. {_METHODS}"
        ),
        columns=(
            day("origin", "The month's end at which the lists were made."),
            text("model", "The method."),
            text("metric", "recall_at_10 or ndcg_at_10, with _repeat or _new for one kind of products."),
            Column("value", Kind.FLOAT, "Mean over the customers, 0 to 1, higher is better.", "share"),
            count("customers", "Customers over whom it is the mean: those who ordered such a product."),
            flag("is_served", "product_recommendations comes from this method."),
        ),
        key=("origin", "model", "metric"),
        facts=_FACTS[:2],
        page="/products",
        by_dimension=False,
        requires=("lines",),
    ),
)
