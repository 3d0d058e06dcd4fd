import torch
from torch import Tensor

from imgcls.runs.weight_matching import Matching


def weights(**shapes: tuple[int, ...]) -> dict[str, Tensor]:
    return {name.replace("_", "."): torch.zeros(shape) for name, shape in shapes.items()}


def test_weights_match_by_name_and_shape() -> None:
    there = weights(b_0_weight=(2, 3), b_1_weight=(5,), b_2_weight=(7,), b_4_mean=(11,))
    here = weights(b_0_weight=(2, 3), b_1_weight=(6,), b_3_weight=(13,), b_4_mean=(11,))
    matching = Matching(there, here, buffers={"b.4.mean"})
    assert matching.statuses == {
        "b.0.weight": "loaded",
        "b.1.weight": "skipped",
        "b.2.weight": "skipped",
        "b.3.weight": "new",
        "b.4.mean": "loaded",
    }
    assert matching.loaded().keys() == {"b.0.weight", "b.4.mean"}
    assert matching.loaded()["b.0.weight"] is there["b.0.weight"]
    assert [matching.count(status) for status in ("loaded", "skipped", "new")] == [6, 5 + 7, 13]


def test_a_shape_is_more_than_a_number_of_weights() -> None:
    there, here = weights(b_0_weight=(2, 6)), weights(b_0_weight=(3, 4))
    assert Matching(there, here).statuses == {"b.0.weight": "skipped"}


def test_the_table_names_the_largest_modules_of_one_status() -> None:
    there = weights(b_0_weight=(2, 3), b_0_bias=(2,), b_1_0_weight=(4, 2), b_1_1_weight=(4, 4))
    here = weights(b_0_weight=(2, 3), b_0_bias=(2,), b_1_0_weight=(4, 2), b_1_1_weight=(5, 4))
    assert Matching(there, there).lines("b") == ["  loaded             32 parameters  b"]
    assert Matching(there, here).lines("b") == [
        "  loaded             16 parameters  b.0, b.1.0",
        "  skipped            16 parameters  b.1.1.weight is (4, 4) there and (5, 4) here",
    ]


def test_the_table_shows_both_shapes_of_many_and_the_number_of_more() -> None:
    there = {f"b.{number}.weight": torch.zeros(2) for number in range(20)}
    here = {f"b.{number}.weight": torch.zeros(3 if number % 2 else 2) for number in range(20)}
    loaded, skipped = Matching(there, here).lines("b")
    assert loaded.endswith("b.0, b.2, b.4, b.6, b.8, b.10, b.12, b.14 and 2 more")
    assert skipped.count("is (2,) there and (3,) here") == 8
    assert skipped.endswith("; b.15.weight is (2,) there and (3,) here and 2 more")


def test_the_misfit_is_the_largest_weight_that_is_not_loaded() -> None:
    there = weights(b_0_weight=(50,), b_1_weight=(3,), b_2_weight=(9, 2))
    assert Matching(there, weights(b_0_weight=(50,), b_1_weight=(4,))).misfit() == (
        "b.2.weight is (9, 2) there and absent here"
    )
