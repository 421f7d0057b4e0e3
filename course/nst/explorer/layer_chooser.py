"""Lists to choose the layers that a picture is painted by."""

from typing import TYPE_CHECKING, Any

from nst.constants import CONTENT_LAYER, LAYERS, STYLE_LAYERS
from nst.gallery.grids import SIZE, layer_pictures
from nst.images.loading import Picture
from nst.plumbing.keywords import takes_options_of

if TYPE_CHECKING:
    from ipywidgets import VBox


@takes_options_of(layer_pictures, without=("content_layer", "style_layers"))
def explore_layers(
    content: Picture = "chelsea",
    style: Picture = "the_starry_night",
    *,
    iterations: int = 60,
    size: int = SIZE,
    **options: Any,
) -> "VBox":
    """Lists to choose a content layer and style layers from, and a button that calls `layer_pictures` with them.

    options: those of `layer_pictures` but the layers.
    Returns the widget; its `.children[-1]` shows the pictures and what went wrong, if anything did.
    """
    import ipywidgets as widgets

    describe = {"style": {"description_width": "8em"}, "layout": {"width": "24em"}}
    of_content = widgets.Dropdown(options=LAYERS, value=CONTENT_LAYER, description="content layer", **describe)
    of_style = widgets.SelectMultiple(
        options=LAYERS, value=STYLE_LAYERS, rows=8, description="style layers", **describe
    )
    button = widgets.Button(description="Paint from noise", icon="paint-brush")
    shown = widgets.Output()
    for widget, name in (
        (of_content, "content-layer"),
        (of_style, "style-layers"),
        (button, "paint"),
        (shown, "layers"),
    ):
        widget.add_class(f"nst-{name}")

    def paint(_):
        button.disabled = True
        shown.clear_output()
        try:
            with shown:
                layer_pictures(content, style, content_layer=of_content.value, style_layers=of_style.value,
                               iterations=iterations, size=size, **options)  # fmt: skip
        finally:
            button.disabled = False

    button.on_click(paint)
    help_text = widgets.HTML("Hold Ctrl (or Cmd) to choose several style layers.")
    return widgets.VBox([widgets.HBox([of_content, of_style]), widgets.HBox([button, help_text]), shown])
