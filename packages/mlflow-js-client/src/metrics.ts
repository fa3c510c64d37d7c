import { api, type Backend } from "./backend.ts";
import { metricFrom, runMetricFrom } from "./convert.ts";
import type { CallOptions } from "./http/http.ts";
import { listOf } from "./json.ts";
import { everyItem, pageFrom } from "./paging.ts";
import type { Metric, Page, RunMetric } from "./types.ts";

export interface HistoryOptions {
  /** Points of one page. Without it the server gives all points at once. */
  readonly maxResults?: number;
  readonly pageToken?: string;
}

export interface BulkHistory {
  /** At most 100. */
  readonly runIds: readonly string[];
  readonly metricKey: string;
  readonly startStep?: number;
  readonly endStep?: number;
  /** Points per run, spread over its steps; at most 2,500. Default 1,000. */
  readonly maxResults?: number;
}

export interface MetricsApi {
  /** All points of a metric; none when the run has no such metric. */
  history(
    runId: string,
    metricKey: string,
    history?: HistoryOptions,
    options?: CallOptions,
  ): AsyncGenerator<Metric, void, undefined>;
  historyPage(runId: string, metricKey: string, history?: HistoryOptions, options?: CallOptions): Promise<Page<Metric>>;
  /** Sampled points of one metric in many runs, with one call; what charts need. */
  bulkHistory(bulk: BulkHistory, options?: CallOptions): Promise<readonly RunMetric[]>;
}

export function metricsApi({ http }: Backend): MetricsApi {
  const self: MetricsApi = {
    history: (runId, metricKey, history = {}, options) =>
      everyItem(
        (pageToken) => self.historyPage(runId, metricKey, { maxResults: 25_000, ...history, pageToken }, options),
        history.pageToken,
      ),

    async historyPage(runId, metricKey, { maxResults, pageToken } = {}, options) {
      const query = { run_id: runId, metric_key: metricKey, max_results: maxResults, page_token: pageToken };
      const json = await http.json({ method: "GET", path: api("metrics/get-history"), query, ...options });
      return pageFrom(json, "metrics", metricFrom);
    },

    async bulkHistory({ runIds, metricKey, startStep, endStep, maxResults = 1000 }, options) {
      const query = {
        run_ids: runIds,
        metric_key: metricKey,
        start_step: startStep,
        end_step: endStep,
        max_results: maxResults,
      };
      const json = await http.json({
        method: "GET",
        path: api("metrics/get-history-bulk-interval"),
        query,
        ...options,
      });
      return listOf(json.metrics).map(runMetricFrom);
    },
  };
  return self;
}
