from imgcls.cli.summary import summary


def test_summary_has_a_line_for_each_split_that_was_scored() -> None:
    scores = {
        "accuracy": 0.5, "accuracy_interval": [0.4, 0.6], "top5_accuracy": 0.9, "loss": 1.5,
        "images": 1234,
    }  # fmt: skip
    line = "accuracy 50.00% (95 %: 40.00% to 60.00%)  top-5 90.00%  loss 1.5000"
    assert summary({"val": scores}, ("train", "val")) == f"val        {line}"
