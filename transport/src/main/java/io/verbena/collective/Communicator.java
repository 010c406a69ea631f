package io.verbena.collective;

import io.verbena.TransportConfig;
import io.verbena.collective.launch.Job;
import io.verbena.collective.launch.Launch;
import io.verbena.collective.peer.Peers;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Processes that were started together, and exchange data together. {@link #world} has all of them;
 * others are made of it.
 *
 * <p>The collectives wait for their end, and return this. Those of {@link #starting} do not wait,
 * those of {@link #preparing} are started later, as often as is wanted, and allocate nothing then.
 *
 * <p>Threads: any, but the collectives of one communicator one after the other, in the same order
 * at all ranks; {@link #duplicate} gives one for another thread. Data moves only while some thread
 * waits for, or asks about, an operation.
 *
 * <p>A collective that fails leaves the communicator broken, since the ranks may be out of step:
 * {@link #shrink} makes one of those that are still there.
 *
 * <p>Stands for MPI's communicators (MPI 4.1, chapter 7) and point-to-point messages (chapter 3).
 */
public final class Communicator extends Messages implements AutoCloseable {
  /** As the color in {@link #split}: in none of the parts. */
  public static final int NO_COLOR = -1;

  private static final Duration START_TIMEOUT = Duration.ofMinutes(1);

  private final boolean isWorld;
  private final Planner planner;
  private final ArrayDeque<ScheduleRun> idle = new ArrayDeque<>();
  private int shrinks;

  private Communicator(Scope scope, ChoiceTable choices, boolean isWorld) {
    super(scope);
    this.isWorld = isWorld;
    this.planner = new Planner(group, choices);
  }

  /**
   * Joins the processes that were started together with this one: by {@code mpirun}, {@code srun},
   * {@code mpiexec} or {@code ./verbena run}; without any of these this process is alone. Once in a
   * process.
   *
   * @return all processes; to be closed by the caller
   * @throws IOException if not all of them come within a minute, with those who are missing, or if
   *     there is no transport
   */
  public static Communicator world() throws IOException {
    return world(TransportConfig.defaults(), START_TIMEOUT);
  }

  /**
   * Joins the processes that were started together with this one, as {@link #world()} does.
   *
   * @param config of the connections between them; who waits moves the data, whatever it says about
   *     progress
   * @param startTimeout how long the others may take to come
   * @return all processes; to be closed by the caller
   * @throws IOException if not all of them come in time, with those who are missing, or if there is
   *     no transport, if {@link #choices} cannot be read, or if they are not the same at all ranks
   * @throws IllegalArgumentException if one of the {@link #choices} makes no sense; it says which
   */
  public static Communicator world(TransportConfig config, Duration startTimeout)
      throws IOException {
    ChoiceTable choices = ChoiceTable.of(System.getenv());
    return of(Launch.join(System.getenv(), startTimeout), config, startTimeout, choices);
  }

  /** All processes of a job, which this closes. */
  static Communicator of(Job job, TransportConfig config, Duration startTimeout)
      throws IOException {
    return of(job, config, startTimeout, ChoiceTable.defaults());
  }

  static Communicator of(
      Job job, TransportConfig config, Duration startTimeout, ChoiceTable choices)
      throws IOException {
    Peers peers = Peers.join(job, config, choices.mark(), startTimeout);
    boolean usable = false;
    try {
      SameChoices.require(peers, choices.mark());
      usable = true;
    } finally {
      if (!usable) {
        peers.close();
      }
    }
    return new Communicator(new Scope(new Engine(peers), Group.ofAll(peers), 0), choices, true);
  }

  /**
   * Which of the processes this is.
   *
   * @return from 0, below {@link #size}
   */
  public int rank() {
    return group.rank();
  }

  /**
   * How many processes there are.
   *
   * @return at least 1
   */
  public int size() {
    return group.size();
  }

  /**
   * How the processes were started.
   *
   * @return for people: {@code PMIx}; {@code none} if this process is alone
   */
  public String launcher() {
    return scope.engine.peers.job().launcher();
  }

  /**
   * Which algorithm does which collective, for how many ranks and bytes: a table that comes along,
   * behind the lines of the file that the environment variable {@code VERBENA_CHOICES} names, if it
   * is set; it must have the same lines at all ranks.
   *
   * @return its lines, the first of which that applies is taken; they can be changed and given back
   *     as such a file
   */
  public String choices() {
    return planner.table().toString();
  }

  /**
   * Over what a rank is reached.
   *
   * @param rank of this communicator
   * @return for people; empty if it was not needed yet, or is this one
   */
  public Optional<String> linkTo(int rank) {
    int world = group.world(Objects.checkIndex(rank, group.size()));
    scope.engine.lock();
    try {
      return Optional.ofNullable(scope.engine.peers.linkTo(world));
    } finally {
      scope.engine.unlock();
    }
  }

  /**
   * How long operations may take at most, where no other time is given: 10 minutes unless {@link
   * #setTimeout} says otherwise.
   *
   * @return positive
   */
  public Duration timeout() {
    return scope.timeout();
  }

  /**
   * Sets how long operations that are waited for from now on may take.
   *
   * @param timeout positive
   */
  public void setTimeout(Duration timeout) {
    scope.setTimeout(timeout);
  }

  /**
   * Makes results of reductions depend on nothing but the operands: floats come out with the same
   * bits whatever the algorithm is. All ranks alike; takes longer. Communicators that are made of
   * this one begin with what it has then, as with its {@link #timeout}.
   *
   * @param wanted false, as at the start, for the fastest way
   */
  public void setReproducible(boolean wanted) {
    planner.setFixedExpression(wanted);
  }

  /**
   * Whether results of reductions depend on nothing but the operands, as {@link #setReproducible}
   * says.
   *
   * @return what was set last
   */
  public boolean isReproducible() {
    return planner.hasFixedExpression();
  }

  @Override
  Communicator submit(Call call) throws CollectiveException {
    ScheduleRun run = idleRun();
    try {
      planner.plan(call, run);
      scope.complete(run, call.toString());
    } finally {
      recycle(run);
    }
    return this;
  }

  private ScheduleRun idleRun() {
    scope.engine.lock();
    try {
      ScheduleRun run = idle.poll();
      return run == null ? scope.newRun() : run;
    } finally {
      scope.engine.unlock();
    }
  }

  private void recycle(ScheduleRun run) {
    scope.engine.lock();
    try {
      if (run.isEnded() && !scope.isClosed()) {
        idle.push(run);
      } else {
        scope.forget(run);
      }
    } finally {
      scope.engine.unlock();
    }
  }

  /**
   * Collectives that do not hold up their caller.
   *
   * @return what starts them: each operation is to be waited for
   */
  public Collectives<CollectiveOperation, RuntimeException> starting() {
    return new Preparation(true);
  }

  /**
   * Collectives that are started later, again and again, with the same memory.
   *
   * @return what prepares them
   */
  public Collectives<CollectiveOperation, RuntimeException> preparing() {
    return new Preparation(false);
  }

  private final class Preparation extends Calls<CollectiveOperation, RuntimeException> {
    private final boolean starts;

    Preparation(boolean starts) {
      super(Communicator.this.group);
      this.starts = starts;
    }

    @Override
    CollectiveOperation submit(Call call) {
      ScheduleRun run = scope.newRun();
      planner.plan(call, run);
      var operation = new CollectiveOperation(scope, run, call.toString());
      return starts ? operation.startOnce() : operation;
    }
  }

  /**
   * Makes another communicator of the same ranks, whose operations have nothing to do with those of
   * this one. A collective.
   *
   * @return it, to be closed by the caller
   * @throws CollectiveException if a rank fails
   */
  public Communicator duplicate() throws CollectiveException {
    return Objects.requireNonNull(split(0, 0));
  }

  /**
   * Makes communicators of parts of the ranks. A collective.
   *
   * @param color ranks with the same one come together; {@link #NO_COLOR} for none
   * @param key ranks are numbered by it, those with the same one in the order that they have here
   * @return the one of this rank's color, to be closed by the caller; null for no color
   * @throws CollectiveException if a rank fails
   * @throws IllegalArgumentException if the color is negative otherwise
   */
  public @Nullable Communicator split(int color, int key) throws CollectiveException {
    if (color < NO_COLOR) {
      throw new IllegalArgumentException("color is %d: it must not be negative".formatted(color));
    }
    var votes = new Votes(size());
    scope.engine.lock();
    try {
      votes.set(rank(), color, key, scope.engine.reserve());
    } finally {
      scope.engine.unlock();
    }
    allGather(Elements.inPlace(), votes.elements());
    if (color == NO_COLOR) {
      return null;
    }
    return child(votes.group(group, color), votes.number(color));
  }

  /**
   * Makes a communicator of the ranks that are still there, after others were lost. Called by all
   * of these.
   *
   * @return it, to be closed by the caller
   * @throws CollectiveException if they do not come in time
   */
  public Communicator shrink() throws CollectiveException {
    var shrinking = new Shrinking(scope);
    Group living = shrinking.agree(shrinks++);
    return child(living, shrinking.number());
  }

  private Communicator child(Group members, long number) {
    var scope = new Scope(this.scope.engine, members, number);
    var child = new Communicator(scope, planner.table(), false);
    child.setTimeout(timeout());
    child.setReproducible(planner.hasFixedExpression());
    return child;
  }

  /**
   * Asks the launcher to end all processes, and ends this one.
   *
   * @param status of the processes, for whoever started them
   * @param reason for people
   */
  public void abort(int status, String reason) {
    scope.engine.peers.job().abort(status, reason);
    Runtime.getRuntime().exit(status);
  }

  /**
   * Frees what this communicator needs; operations that are under way must have ended before. That
   * of all processes says goodbye to the others, and closes all connections: the communicators that
   * were made of it can use them no longer either, and what is under way in these fails with {@link
   * CollectiveException.Kind#CLOSED}.
   */
  @Override
  public void close() {
    scope.engine.lock();
    try {
      if (!scope.close()) {
        return;
      }
      idle.forEach(ScheduleRun::free);
      idle.clear();
      freeMessages();
    } finally {
      scope.engine.unlock();
    }
    if (isWorld) {
      scope.engine.peers.close();
    }
  }

  @Override
  public String toString() {
    return "rank %d of %d".formatted(rank(), size());
  }
}
