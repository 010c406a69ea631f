package io.verbena.collective.peer;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Contexts in which collectives have failed at a process since another one has left. */
final class Abandoned {
  /** From a tag on. */
  private record Since(long tag, PeerFailure why) {}

  private final Map<Long, Since> contexts = new HashMap<>();

  /** Whether that is news. */
  boolean add(long context, long tag, PeerFailure why) {
    Since known = contexts.get(context);
    if (known != null && known.tag <= tag) {
      return false;
    }
    contexts.put(context, new Since(tag, why));
    return true;
  }

  @Nullable PeerFailure why(long context, long tag) {
    if (contexts.isEmpty()) {
      // Nearly always, and a key is an object.
      return null;
    }
    Since known = contexts.get(context);
    return known == null || tag < known.tag ? null : known.why;
  }

  void forEach(Consumer<Notice> action) {
    contexts.forEach(
        (context, since) -> action.accept(Notice.abandoned(context, since.tag, since.why.rank())));
  }
}
