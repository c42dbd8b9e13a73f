"""Sums by row and column of a table of which most cells may be empty."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

DENSE_SHARE = 0.05
"""The share of filled cells above which plain matrices are faster."""

Table: TypeAlias = NDArray[np.float64] | sparse.csr_array


def cell_sums(
    values: NDArray[np.float64],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    shape: tuple[int, int],
) -> Table:
    """Sums of `values` [T] by row and column [T], [shape]: sparse where most cells are empty."""
    cells = sparse.coo_array((values, (rows, columns)), shape=shape).tocsr()
    is_dense = cells.nnz > DENSE_SHARE * shape[0] * shape[1]
    return np.asarray(cells.toarray()) if is_dense else cells
