package io.verbena.collective;

import java.lang.foreign.MemoryLayout;
import java.util.LinkedHashMap;
import java.util.Map;

/** Chooses how calls are carried out, and keeps the schedules of the last ones. */
final class Planner {
  private static final int MOST_SCHEDULES = 256;

  private final Group group;
  private final ChoiceTable table;
  private final Map<Request, Schedule> schedules = new LinkedHashMap<>(16, 0.75f, true);
  private volatile boolean fixedExpression;

  Planner(Group group, ChoiceTable table) {
    this.group = group;
    this.table = table;
  }

  void setFixedExpression(boolean wanted) {
    fixedExpression = wanted;
  }

  ChoiceTable table() {
    return table;
  }

  /** Tells a run what to do. */
  void plan(Call call, ScheduleRun run) {
    Reduction reduction = call.reduction();
    MemoryLayout layout = (call.output().isMark() ? call.input() : call.output()).layout();
    Kernel kernel = reduction == null ? null : Kernels.of(reduction, layout);
    Choice choice = table.choose(call.demand(group.size(), fixedExpression));
    run.prepare(
        schedule(call.request(choice, group)),
        call.input(),
        call.output(),
        call.elementBytes(),
        kernel);
  }

  private synchronized Schedule schedule(Request request) {
    Schedule known = schedules.get(request);
    if (known == null) {
      known = request.compile();
      schedules.put(request, known);
      if (schedules.size() > MOST_SCHEDULES) {
        schedules.remove(schedules.keySet().iterator().next());
      }
    }
    return known;
  }
}
