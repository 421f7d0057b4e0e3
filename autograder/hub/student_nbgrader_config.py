"""nbgrader in a student's server: copy this to etc/jupyter/nbgrader_config.py in the students' environment."""

from nbgrader.auth import JupyterHubAuthPlugin

c = get_config()  # noqa: F821 (nbgrader supplies it)
c.CourseDirectory.course_id = "style_transfer"
c.Exchange.root = "/usr/local/share/nbgrader/exchange"  # as in autograder/nbgrader_config.py
c.Exchange.path_includes_course = True  # several courses of a hub do not mix: style_transfer/style_transfer/
c.Authenticator.plugin_class = JupyterHubAuthPlugin  # only who is in the group nbgrader-style_transfer
