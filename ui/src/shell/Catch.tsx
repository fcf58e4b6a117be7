import { Component, type ComponentChildren } from 'preact';

import { Fault } from '../parts/Fault';

interface State {
  error: Error | null;
}

/** A fault of a page is shown in its place; all around it goes on. */
export class Catch extends Component<{ children: ComponentChildren }, State> {
  override state: State = { error: null };

  override componentDidCatch(error: Error): void {
    console.error(error);
    this.setState({ error });
  }

  override render() {
    const { error } = this.state;
    return error ? <Fault error={error} retry={() => this.setState({ error: null })} /> : this.props.children;
  }
}
