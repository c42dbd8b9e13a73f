import pytest

from sing.config import Config, load_config, shipped_configs, write_config
from sing.errors import SingError


def test_defaults_are_the_papers():  # Sections 4.1 to 4.3
    config = load_config("spectral")
    model = config.model
    assert (model.hidden_channels, model.lstm_layers, model.code_channels) == (1024, 3, 128)
    assert model.decoder_channels == 4096
    tables = (model.velocity_channels, model.instrument_channels, model.pitch_channels)
    assert (*tables, model.time_channels) == (2, 16, 8, 4)
    epochs = [phase.epochs for phase in (config.autoencoder, config.lstm, config.finetune)]
    assert epochs == [50, 50, 20]
    assert {p.batch_size for p in (config.autoencoder, config.lstm, config.finetune)} == {256}
    assert config.finetune.learning_rate == 3e-4
    assert config.finetune.learning_rate_at(0.7) == 3e-4
    assert config.lstm.bptt_frames == 32
    assert config.epsilon == 1


def test_shipped_configurations_are_table_ones_rows_and_the_small_ones():
    assert {*shipped_configs()} == {"spectral", "waveform", "no_time", "demo", "tiny"}
    assert load_config("waveform").loss == "waveform"
    assert not load_config("no_time").model.time_embedding


@pytest.mark.parametrize("name", ["spectral", "waveform", "no_time", "demo", "tiny"])
def test_a_written_configuration_reads_back_the_same(tmp_path, name):
    config = load_config(name, ['name="a name - of 2 + 1 words"', "lstm.micro_batch_size=16"])
    write_config(tmp_path / "config.toml", config)
    assert load_config(str(tmp_path / "config.toml")) == config
    assert "final_learning_rate" in Config.model_fields["lstm"].default.model_dump()


def test_settings_on_the_command_line_win():
    config = load_config(
        "tiny", ["finetune.epochs=7", "loss=waveform", "model.time_embedding=false"]
    )
    assert (config.finetune.epochs, config.loss) == (7, "waveform")
    assert not config.model.time_embedding


def test_learning_rate_falls_along_a_cosine():
    phase = load_config("tiny", ["lstm.final_learning_rate=1e-4"]).lstm
    rates = [phase.learning_rate_at(progress) for progress in (0, 0.5, 1)]
    assert rates == pytest.approx([1e-3, 5.5e-4, 1e-4])


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("finetune.epoch=5", "no key 'finetune.epoch'; did you mean 'epochs'"),
        ("los=waveform", "no key 'los'; did you mean 'loss'"),
        ("loss=wave", "loss = 'wave': input should be 'spectral'"),
        ("finetune.epochs=-1", "finetune.epochs = -1: input should be greater than or equal to 0"),
        ("finetune", "expected key=value"),
        ("loss.kind=x", "'loss' is a value, not a table"),
    ],
)
def test_a_wrong_setting_is_one_line_with_the_nearest_right_one(override, message):
    overrides = ["loss=spectral", override]
    with pytest.raises(SingError) as caught:
        load_config("tiny", overrides)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_wrong_files_are_named(tmp_path):
    with pytest.raises(SingError, match="neither a config file nor a shipped config; did you mean"):
        load_config("spectrl")
    (tmp_path / "bad.toml").write_text("loss = = 3")
    with pytest.raises(SingError, match=r"bad.toml: not TOML"):
        load_config(str(tmp_path / "bad.toml"))
