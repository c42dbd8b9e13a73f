"""`sing-eval classifier`, from arguments to files."""

from pathlib import Path

from click.testing import CliRunner

from eval_suite.commands.classifier import classifier


def test_train_writes_a_classifier_that_info_describes(dataset, workplace):
    trained = CliRunner().invoke(
        classifier, ["train", str(dataset.folder), "--epochs", "1"], catch_exceptions=False
    )
    assert Path(trained.output.strip().splitlines()[-1]) == Path("classifiers/small")
    described = CliRunner().invoke(
        classifier, ["info", "classifiers/small"], catch_exceptions=False
    )
    assert str(dataset.folder.resolve()) in described.output
    assert "of 12 notes" in described.output


def test_info_without_a_folder_describes_the_shipped_classifier():
    described = CliRunner().invoke(classifier, ["info"], catch_exceptions=False)
    assert "trained on:              demo" in described.output
    assert "49 (MIDI 36-84)" in described.output
