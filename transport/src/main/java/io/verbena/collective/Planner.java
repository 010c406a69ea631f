package io.verbena.collective;

import java.lang.foreign.MemoryLayout;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Chooses how calls are carried out, and keeps the schedules of the last ones. */
final class Planner {
  private static final int MOST_SCHEDULES = 256;

  private final Group group;
  private final ChoiceTable table;
  private final Map<Request, Schedule> schedules = new LinkedHashMap<>(16, 0.75f, true);

  /** Of each collective, the last one: most are the same again and again. */
  private final Map<Collective, Planned> last = new EnumMap<>(Collective.class);

  private volatile boolean fixedExpression;

  Planner(Group group, ChoiceTable table) {
    this.group = group;
    this.table = table;
  }

  void setFixedExpression(boolean wanted) {
    fixedExpression = wanted;
  }

  boolean hasFixedExpression() {
    return fixedExpression;
  }

  ChoiceTable table() {
    return table;
  }

  /** Tells a run what to do. */
  synchronized void plan(Call call, ScheduleRun run) {
    boolean fixed = fixedExpression;
    Planned planned = last.get(call.collective());
    if (planned == null || !planned.fits(call, fixed)) {
      planned = planned(call, fixed);
      last.put(call.collective(), planned);
    }
    run.prepare(planned.schedule, call.input(), call.output(), call.elementBytes(), planned.kernel);
  }

  private Planned planned(Call call, boolean fixed) {
    Reduction reduction = call.reduction();
    Kernel kernel = reduction == null ? null : Kernels.of(reduction, call.layout());
    Choice choice = table.choose(call.demand(group.size(), fixed));
    return new Planned(call, fixed, schedule(call.request(choice, group)), kernel);
  }

  /** How a call is carried out, and others that differ from it in nothing but their memory. */
  private record Planned(
      Call.Shape shape,
      int root,
      @Nullable Reduction reduction,
      MemoryLayout layout,
      boolean isInPlace,
      boolean fixed,
      Schedule schedule,
      @Nullable Kernel kernel) {
    Planned(Call call, boolean fixed, Schedule schedule, @Nullable Kernel kernel) {
      this(
          call.shape(),
          call.root(),
          call.reduction(),
          call.layout(),
          call.isInPlace(),
          fixed,
          schedule,
          kernel);
    }

    @SuppressWarnings("ReferenceEquality") // reductions of users are what they are
    boolean fits(Call call, boolean withFixed) {
      return shape.equals(call.shape())
          && root == call.root()
          && reduction == call.reduction()
          && isInPlace == call.isInPlace()
          && fixed == withFixed
          && layout.equals(call.layout());
    }
  }

  private Schedule schedule(Request request) {
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
