"""The course as a static website: `make site` writes it to dist/site/.

    executed.py   notebooks with their outputs, kept by what they were made of
    chapters.py   released notebooks, with the outputs of the solved ones, and their pictures as files
    pages.py      the repository's own pages (guide, policy, ...), their links turned to the site
    landing.py    the landing page: its gallery and its cards
    formulas.py   TeX to MathML with words, while the site is built: no script and no font is fetched by a reader
    conf.py       what Sphinx reads

Nothing is written twice: prose comes from the masters and from the repository's pages, pictures from their cells.
"""
