import { create } from 'qrcode';
import { useMemo } from 'preact/hooks';

const quietZone = 4;

/** `text` as a QR code that fills its box: dark on light in every theme, because many cameras need that. */
export function QrCode({
  text,
  label,
  testId,
}: {
  readonly text: string;
  readonly label: string;
  readonly testId: string;
}) {
  const { path, side } = useMemo(() => drawn(text), [text]);
  return (
    <svg class="qr" viewBox={`0 0 ${side} ${side}`} role="img" aria-label={label} data-testid={testId} data-text={text}>
      <rect width={side} height={side} fill="#fff" />
      <path d={path} fill="#0b1016" shape-rendering="crispEdges" />
    </svg>
  );
}

function drawn(text: string): { readonly path: string; readonly side: number } {
  const { modules } = create(text, { errorCorrectionLevel: 'M' });
  let path = '';
  for (let row = 0; row < modules.size; row += 1) {
    for (let column = 0; column < modules.size; column += 1) {
      if (modules.get(row, column) !== 0) path += `M${column + quietZone} ${row + quietZone}h1v1h-1z`;
    }
  }
  return { path, side: modules.size + 2 * quietZone };
}
