"""One-dimensional clusters: the exact optimum of K-Means over weighted distinct values, and groups of equal size.

In one dimension the clusters of an optimum are neighbours on the line, so that dynamic programming over the sorted
distinct values finds it (Wang and Song 2011, "Ckmeans.1d.dp: Optimal k-means Clustering in One Dimension by Dynamic
Programming", The R Journal 3/2). The result depends neither on a start nor on the order of the rows.
"""

from ca_platform.models.kmeans1d.clusters import Clusters, distinct
from ca_platform.models.kmeans1d.fit import kmeans1d
from ca_platform.models.kmeans1d.quantiles import quantiles1d

__all__ = ["Clusters", "distinct", "kmeans1d", "quantiles1d"]
