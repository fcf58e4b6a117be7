/** Rows beyond the height that a browser gives an element: the way of the scrollbar is shorter than that of the rows. */

/** Browsers cut elements off somewhere above this. */
export const HEIGHT_MAX_PX = 15_000_000;

export class Scale {
  /** Of the element that is scrolled. */
  readonly height: number;
  private readonly factor: number;

  /** `content` is the height of all rows together, `viewport` what is seen of them at a time. In px. */
  constructor(content: number, viewport: number) {
    this.height = Math.min(content, HEIGHT_MAX_PX);
    const way = this.height - viewport;
    this.factor = way > 0 ? (content - viewport) / way : 1;
  }

  /** Where in the content a view is that is scrolled so far. */
  toContent(scrolled: number): number {
    return scrolled * this.factor;
  }

  /** How far to scroll for that. */
  toScrolled(content: number): number {
    return content / this.factor;
  }
}
