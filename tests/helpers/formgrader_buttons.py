"""What formgrader's buttons do, pressed in the order of its page, in the folder with nbgrader_config.py."""

import json

from nbgrader.apps import NbGrader
from nbgrader.apps.api import NbGraderAPI

app = NbGrader()
app.load_cwd_config = True
app.load_config_file()
api = NbGraderAPI(config=app.config)
shown = {"graded": sorted(api.get_autograded_students("style_transfer"))}
shown["collect"] = api.collect("style_transfer")["success"]
for button in (api.autograde, api.generate_feedback, api.release_feedback):
    shown[button.__name__] = button("style_transfer", "ann")["success"]
print(json.dumps(shown))
