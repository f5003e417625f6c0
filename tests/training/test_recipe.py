from __future__ import annotations

import pytest

from training.recipe import RECIPES, RecipeError, find_recipe, read_recipe

TEXT = (RECIPES / "tiny.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_bundled_recipe_is_valid_and_named_as_its_file(path):
    """Each recipe passes its schema and has the four published reward designs."""
    recipe = read_recipe(path)
    assert recipe.name == path.stem
    assert {"baseline", "citations", "llm-eval", "medreason-embed"} <= recipe.variants.keys()


def test_the_digest_names_the_content_and_not_the_comments(tmp_path):
    """A comment changes nothing; a setting changes the digest."""
    (tmp_path / "a.toml").write_text(TEXT + "\n# a comment\n", encoding="utf-8")
    (tmp_path / "b.toml").write_text(TEXT.replace("seed = 7", "seed = 8"), encoding="utf-8")
    digest = read_recipe(RECIPES / "tiny.toml").digest
    assert read_recipe(tmp_path / "a.toml").digest == digest
    assert read_recipe(tmp_path / "b.toml").digest != digest


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("seed = 7", "seed = -7", "seed breaks the rule minimum"),
        ('by = "topic"', 'by = "luck"', "data/by breaks the rule enum"),
        ("generations = 4", "generations = 3", "grpo/generations must divide"),
        ("weights = [1.0, 1.0]", "weights = [1.0]", "variants/baseline needs one weight"),
        ('"judge"]', '"jury"]', "breaks the rule enum"),
        ("r = 4", "r = 4\nrank = 4", "lora breaks the rule additionalProperties"),
        ("seed = 7", "seed = ", "not TOML"),
    ],
)
def test_a_recipe_with_a_mistake_is_refused_with_its_place(tmp_path, old, new, place):
    """The error names the place and the rule."""
    assert old in TEXT
    (tmp_path / "x.toml").write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(RecipeError, match=place):
        read_recipe(tmp_path / "x.toml")


def test_an_unknown_recipe_names_those_there_are():
    """The error lists the bundled recipes."""
    with pytest.raises(RecipeError, match="smollm2"):
        find_recipe("no-such")
