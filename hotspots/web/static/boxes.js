// Rectangles on the screen, and whether they are in each other's way.

export function boxAround(x, y, width, height) {
  return { left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 };
}

export function overlap(a, b) {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return width > 0 && height > 0 ? width * height : 0;
}

export function within(box, size, margin) {
  return box.left >= margin && box.top >= margin && box.right <= size.x - margin && box.bottom <= size.y - margin;
}
