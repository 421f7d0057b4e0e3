"""axe-core's verdict on a page that a browser shows, by the rules of WCAG 2.1 A and AA."""

from axe_playwright_python.base import AXE_SCRIPT

WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa")
RUN = """async ({within, without, tags}) => {
  const found = await axe.run({include: [within], exclude: without},
                              {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations'], preload: false});
  return found.violations.flatMap(rule => rule.nodes.map(
    node => [rule.id, node.target, ...node.any.concat(node.all, node.none).map(check => check.message)].join(': ')));
}"""


def violations(page, within="html", without=()):
    """What breaks a rule, one line each: the rule, the element, why. `without`: selectors of parts not looked at."""
    page.evaluate(AXE_SCRIPT)
    return page.evaluate(RUN, {"within": within, "without": [[each] for each in without], "tags": WCAG})
