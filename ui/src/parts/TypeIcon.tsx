import { Braces, FileText, Image, Link2, Loader, Table2, type LucideIcon } from 'lucide-preact';

const ICONS: Record<string, LucideIcon> = {
  markdown: FileText,
  table: Table2,
  progress: Loader,
  link: Link2,
  image: Image,
};

/** The type of an artifact, as a picture with a name. */
export function TypeIcon({ type, size = 16 }: { type: string; size?: number }) {
  const Icon = ICONS[type] ?? Braces;
  return <Icon size={size} role="img" aria-label={type} />;
}
