import { Braces, FileText, Hash, Image, Link2, Loader, Table2, Text, type LucideIcon } from 'lucide-preact';

const ICONS: Record<string, LucideIcon> = {
  markdown: FileText,
  table: Table2,
  progress: Loader,
  link: Link2,
  image: Image,
  number: Hash,
  text: Text,
};

/** The type of an artifact, as a picture with a name. */
export function TypeIcon({ type, size = 16 }: { type: string; size?: number }) {
  const Icon = ICONS[type] ?? Braces;
  return <Icon size={size} role="img" aria-label={type} />;
}
