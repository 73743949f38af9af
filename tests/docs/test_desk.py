"""docs/desk.md walks a reviewer through every page of the desk, with a picture of each."""

import re

from monitoring.desk import app
from tests.docs.desk_pictures import FOLDER, pictures
from tests.docs.pages import DOCS
from tests.support import desk_pages

PAGE = (DOCS / "desk.md").read_text()


def shown(text):
    return re.findall(r'<img src="desk/([^"]+)"', text)


def test_every_page_has_a_section_with_its_pictures(workspace):
    wanted = [pictures(address) for address in desk_pages.addresses(app.build(workspace).routes)]
    sections = [shown(section) for section in PAGE.split("\n## ")[1:]]
    assert sorted(sections) == sorted(wanted)


def test_the_pictures_are_there_and_small_and_no_other_is():
    assert {path.name for path in FOLDER.iterdir()} == set(shown(PAGE))
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 3_000_000


def test_every_picture_says_in_words_what_it_shows():
    assert all(re.search(r'alt="[^"]{10,}"', picture) for picture in re.findall(r"<img [^>]*>", PAGE))
