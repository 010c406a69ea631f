package io.verbena.collective;

import io.verbena.collective.peer.PeerFailure;
import io.verbena.collective.peer.Peers;
import io.verbena.collective.peer.Receive;
import io.verbena.collective.peer.Region;
import io.verbena.collective.peer.Send;
import io.verbena.collective.peer.Transfer;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Executes the schedule of one rank, as {@link Schedule} says. */
final class ScheduleRun extends Work {
  private final Staging input;
  private final Staging output;
  private final Staging scratch;
  private final Region[] regions = new Region[Area.COUNT];
  private Schedule schedule = EMPTY;
  private @Nullable Kernel kernel;
  private int elementBytes;
  private Elements inputElements = Elements.none();
  private Elements outputElements = Elements.none();
  private long scratchBytes;
  private long context;
  private long tag;
  private int round;
  private int transferred;
  private int stepped;

  /** Transfers that have not ended, of even rounds and of odd ones. */
  private final int[] pending = new int[2];

  private static final Schedule EMPTY = new Plan().compile();

  private final Consumer<CollectiveException> onFailure;

  /**
   * Creates a run of nothing.
   *
   * @param onFailure told of each failure, with the lock
   */
  ScheduleRun(Peers peers, Group group, Consumer<CollectiveException> onFailure) {
    super(peers, group);
    this.onFailure = onFailure;
    input = new Staging(peers);
    output = new Staging(peers);
    scratch = new Staging(peers);
  }

  /**
   * Says what to do; not while it is under way.
   *
   * @param in INPUT
   * @param out OUTPUT
   * @param use null if nothing is reduced
   */
  void prepare(Schedule todo, Elements in, Elements out, int bytesOfElement, @Nullable Kernel use) {
    schedule = todo;
    kernel = use;
    elementBytes = bytesOfElement;
    inputElements = in;
    outputElements = out;
    scratchBytes = Math.multiplyExact(todo.scratchLength(), (long) bytesOfElement);
  }

  /** Starts it, with what sets its messages apart from those of others. */
  void begin(long inContext, long withTag) {
    context = inContext;
    tag = withTag;
    begin();
  }

  @Override
  void launch() {
    round = 0;
    transferred = 0;
    stepped = 0;
    pending[0] = 0;
    pending[1] = 0;
    regions[Area.INPUT.number] = input.of(inputElements);
    regions[Area.OUTPUT.number] = output.of(outputElements);
    regions[Area.SCRATCH.number] = scratch.ofBytes(scratchBytes);
    input.load();
    // Whatever of it the collective does not write stays as it is.
    output.load();
  }

  @Override
  @Nullable PeerFailure loss() {
    PeerFailure loss = group.loss(peers);
    return loss == null ? peers.abandonment(context, tag) : loss;
  }

  @Override
  boolean proceed() {
    while (round < schedule.rounds()) {
      if (transferred == round) {
        transfer(transferred++);
      }
      int next = round + 1;
      if (transferred == next && next < schedule.rounds() && schedule.startsEarly(next)) {
        transfer(transferred++);
      }
      if (hasFailed()) {
        return false;
      }
      if (stepped == round) {
        steps(stepped++);
      }
      if (pending[round & 1] > 0) {
        return false;
      }
      round++;
    }
    return true;
  }

  private void transfer(int which) {
    Transfers receives = schedule.receives();
    for (int row = receives.begin(which); row < receives.end(which); row++) {
      Receive receive = idleReceive();
      receive.exact = true;
      aim(receive, receives, row, which);
      start(receive);
    }
    Transfers sends = schedule.sends();
    for (int row = sends.begin(which); row < sends.end(which); row++) {
      Send send = idleSend();
      aim(send, sends, row, which);
      start(send);
    }
  }

  private void aim(Transfer transfer, Transfers table, int row, int which) {
    transfer.address(group.world(table.peer(row)), context, tag);
    transfer.use(
        regions[table.area(row).number],
        table.offset(row) * elementBytes,
        table.length(row) * elementBytes);
    transfer.round = which;
    pending[which & 1]++;
  }

  @Override
  void arrived(Transfer transfer, boolean success) {
    pending[transfer.round & 1]--;
  }

  private void steps(int which) {
    Steps steps = schedule.steps();
    for (int row = steps.begin(which); row < steps.end(which); row++) {
      MemorySegment target = segment(steps.target(row));
      long targetAt = steps.targetOffset(row) * elementBytes;
      MemorySegment left = segment(steps.left(row));
      long leftAt = steps.leftOffset(row) * elementBytes;
      if (steps.isCopy(row)) {
        MemorySegment.copy(left, leftAt, target, targetAt, steps.length(row) * elementBytes);
      } else {
        MemorySegment right = segment(steps.right(row));
        long rightAt = steps.rightOffset(row) * elementBytes;
        Objects.requireNonNull(kernel)
            .reduce(left, leftAt, right, rightAt, target, targetAt, steps.length(row));
      }
    }
  }

  private MemorySegment segment(Area area) {
    return regions[area.number].segment();
  }

  @Override
  boolean store() {
    return output.store();
  }

  @Override
  void failed(CollectiveException why) {
    if (why.kind() == CollectiveException.Kind.RANK_LEFT && why.rank().isPresent()) {
      peers.abandon(context, tag, group.world(why.rank().getAsInt()));
    }
    onFailure.accept(why);
  }

  @Override
  void free() {
    input.free();
    output.free();
    scratch.free();
  }
}
