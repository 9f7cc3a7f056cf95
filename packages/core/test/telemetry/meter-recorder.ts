import {
  createNoopMeter,
  metrics,
  type Attributes,
  type Meter,
  type MeterProvider,
  type MetricOptions,
  type ObservableCallback,
} from "@opentelemetry/api";

/** Stands in for an SDK: remembers what was measured, and asks its observers when it is told to collect. */
export class MeterRecorder implements MeterProvider {
  readonly meters: (readonly [string, string | undefined])[] = [];
  readonly instruments = new Map<string, MetricOptions & { readonly kind: string }>();
  readonly #measured: { readonly name: string; readonly value: number; readonly attributes: Attributes }[] = [];
  readonly #observers = new Map<string, Set<ObservableCallback>>();

  getMeter(...[name, version]: Parameters<MeterProvider["getMeter"]>): Meter {
    this.meters.push([name, version]);
    // The instruments that nobody uses stay those that do nothing.
    return Object.assign(Object.create(createNoopMeter()) as Meter, {
      createHistogram: (...args: [string, MetricOptions]) => this.#create("histogram", ...args),
      createCounter: (...args: [string, MetricOptions]) => this.#create("counter", ...args),
      createUpDownCounter: (...args: [string, MetricOptions]) => this.#create("up-down counter", ...args),
      createObservableGauge: (...args: [string, MetricOptions]) => this.#create("observable gauge", ...args),
    });
  }

  #create(kind: string, name: string, options: MetricOptions) {
    this.instruments.set(name, { kind, ...options });
    const observers = this.#observers.get(name) ?? new Set();
    this.#observers.set(name, observers);
    const measure = (value: number, attributes: Attributes = {}): void => {
      this.#measured.push({ name, value, attributes });
    };
    return {
      record: measure,
      add: measure,
      addCallback: (callback: ObservableCallback) => void observers.add(callback),
      removeCallback: (callback: ObservableCallback) => void observers.delete(callback),
    };
  }

  /** What was measured under this name, in order. */
  of(name: string): (readonly [number, Attributes])[] {
    return this.#measured
      .filter((measured) => measured.name === name)
      .map(({ value, attributes }) => [value, attributes]);
  }

  names(): string[] {
    return [...new Set(this.#measured.map(({ name }) => name))].toSorted();
  }

  labels(): string {
    return JSON.stringify(this.#measured.map(({ attributes }) => attributes));
  }

  /** What the observers of this name say now. */
  collect(name: string): (readonly [number, Attributes | undefined])[] {
    const observed: (readonly [number, Attributes | undefined])[] = [];
    const observe = (value: number, attributes?: Attributes): void => void observed.push([value, attributes]);
    for (const callback of this.#observers.get(name) ?? []) void callback({ observe });
    return observed;
  }
}

/** Registers another recorder, in the place of whichever there was. */
export const registerMeterRecorder = (): MeterRecorder => {
  const recorder = new MeterRecorder();
  metrics.disable();
  metrics.setGlobalMeterProvider(recorder);
  return recorder;
};
