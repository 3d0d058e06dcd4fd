import pytest
import torch
from torch import nn

from imgcls.errors import InputError
from imgcls.runs.shared_classes import copy_shared_rows

OLD, NEW = ("cat", "dog", "owl"), ("emu", "owl", "cat", "fox")


def test_rows_are_copied_by_name_and_the_others_stay_new() -> None:
    old, new = nn.Linear(2, 3), nn.Linear(2, 4)
    head, shared = copy_shared_rows(old.state_dict(), new.state_dict(), OLD, NEW)
    assert shared == ["owl", "cat"]
    weight, bias = head["weight"], head["bias"]
    assert torch.equal(
        weight, torch.stack([new.weight[0], old.weight[2], old.weight[0], new.weight[3]])
    )
    assert torch.equal(bias, torch.stack([new.bias[0], old.bias[2], old.bias[0], new.bias[3]]))


def test_no_row_of_the_model_itself_is_written() -> None:
    new = nn.Linear(2, 4)
    before = new.weight.clone()
    copy_shared_rows(nn.Linear(2, 3).state_dict(), new.state_dict(), OLD, NEW)
    assert torch.equal(new.weight, before)


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (nn.Linear(2, 3), nn.Linear(5, 4), r"weight is \(3, 2\) there and \(4, 5\) here: leave"),
        (nn.Linear(2, 3), nn.Linear(2, 4, bias=False), r"bias is \(3,\) there and absent here"),
        (nn.Linear(2, 3, bias=False), nn.Linear(2, 4), r"bias is absent there and \(4,\) here"),
        (nn.Linear(2, 7), nn.Linear(2, 7), r"weight is \(7, 2\) there and \(7, 2\) here"),
        (nn.PReLU(3), nn.PReLU(9), r"weight is \(3,\) there and \(9,\) here"),
    ],
)  # fmt: skip
def test_heads_that_have_no_row_a_class_are_refused(
    old: nn.Module, new: nn.Module, text: str
) -> None:
    with pytest.raises(InputError, match=text):
        copy_shared_rows(old.state_dict(), new.state_dict(), OLD, NEW)


def test_no_shared_class_is_refused() -> None:
    with pytest.raises(InputError, match="have no common class: it has 'cat', they have 'emu' "):
        copy_shared_rows({}, {}, OLD, ("emu", "fox"))
