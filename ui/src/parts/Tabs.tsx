import { Link } from '../shell/Link';
import { useParams } from '../shell/params';
import styles from './Tabs.module.css';

interface Props {
  label: string;
  /** Their names, as the address has them, and as they are shown. The first is shown if the address names none. */
  tabs: Record<string, string>;
}

/** The name of the tab that the address has, of those that there are. */
export function useTab<Name extends string>(names: readonly [Name, ...Name[]]): Name {
  const { get } = useParams();
  return names.find((name) => name === get('tab')) ?? names[0];
}

/** Views of the same thing, each with an address of its own. */
export function Tabs({ label, tabs }: Props) {
  const { get, address } = useParams();
  const names = Object.keys(tabs);
  const here = names.find((name) => name === get('tab')) ?? names[0];
  return (
    <nav class={styles.tabs} aria-label={label}>
      {names.map((name) => (
        <Link
          key={name}
          to={address({ tab: name === names[0] ? null : name })}
          aria-current={name === here ? 'page' : undefined}
        >
          {tabs[name]}
        </Link>
      ))}
    </nav>
  );
}
