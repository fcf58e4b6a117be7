const GAP_PX = 6;

/**
 * Put a fixed element below another one, or above it where there is more room; always inside the window. While the
 * other one is scrolled out of `view`, it is not seen either.
 */
export function placeBeside(element: HTMLElement, anchor: HTMLElement, view: Element): void {
  const at = anchor.getBoundingClientRect();
  const seen = view.getBoundingClientRect();
  const isOut =
    at.top >= seen.bottom || at.bottom <= seen.top || at.left >= seen.right || at.right <= seen.left;
  element.style.visibility = isOut ? 'hidden' : 'visible';
  const { offsetWidth: width, offsetHeight: height } = element;
  const { innerWidth, innerHeight } = window;
  const fitsBelow = at.bottom + GAP_PX + height <= innerHeight || at.top < innerHeight - at.bottom;
  const top = fitsBelow ? at.bottom + GAP_PX : at.top - GAP_PX - height;
  element.style.top = `${Math.max(GAP_PX, Math.min(top, innerHeight - height - GAP_PX))}px`;
  element.style.left = `${Math.max(GAP_PX, Math.min(at.left, innerWidth - width - GAP_PX))}px`;
}
