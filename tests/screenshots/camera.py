"""Signs in as the demo's people, goes to pages and keeps what they look like as WebP."""

from __future__ import annotations

import base64
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser import sign_in
from tests.screenshots.pictures import Picture

QUALITY = 0.82
#: Chromium writes WebP itself: no library is needed for it.
TO_WEBP = """async ([encoded, quality]) => {
  const bytes = Uint8Array.from(atob(encoded), letter => letter.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], {type: 'image/png'}));
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext('2d').drawImage(image, 0, 0);
  const blob = await canvas.convertToBlob({type: 'image/webp', quality});
  const made = new Uint8Array(await blob.arrayBuffer());
  let text = '';
  for (const byte of made) text += String.fromCharCode(byte);
  return btoa(text);
}"""
TIDY = "document.querySelectorAll('.toast').forEach(toast => toast.remove())"


class Camera:
    """One browser; each person has a context with their own cookies. 1280x720, light, nothing that moves."""

    def __init__(self, browser: Browser, url: str, password: str, raw: Path, into: Path) -> None:
        self.browser, self.url, self.password, self.raw, self.into = browser, url, password, raw, into
        self._people: dict[str, Page] = {}
        self._blank = browser.new_page()

    def take(self, picture: Picture, places: dict[str, object]) -> int:
        """Take one picture; returns its size in bytes. Raises RuntimeError where the page does not open."""
        page = self._page_of(picture.who)
        address = picture.address.format(**places)
        answer = page.goto(f"{self.url}{address}")
        if answer is None or answer.status != 200:
            raise RuntimeError(f"{picture.name}: {address} answered {answer and answer.status}")
        page.wait_for_load_state("networkidle")
        if picture.doing is not None:
            picture.doing(page)
        if picture.at:
            page.locator(picture.at).first.evaluate("place => place.scrollIntoView({block: 'start'})")
        page.evaluate(TIDY)
        image = page.screenshot(path=self.raw / f"{picture.name}.png", animations="disabled", caret="hide")
        made = self._blank.evaluate(TO_WEBP, [base64.b64encode(image).decode(), QUALITY])
        return (self.into / f"{picture.name}.webp").write_bytes(base64.b64decode(made))

    def _page_of(self, who: str) -> Page:
        if who not in self._people:
            context = self.browser.new_context(
                viewport={"width": 1280, "height": 720},
                device_scale_factor=1,
                color_scheme="light",
                reduced_motion="reduce",
                locale="en-US",
                timezone_id="UTC",
            )
            self._people[who] = page = context.new_page()
            if who:
                sign_in(page, self.url, who, self.password)
        return self._people[who]
