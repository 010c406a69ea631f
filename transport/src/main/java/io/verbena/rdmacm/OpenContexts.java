package io.verbena.rdmacm;

import io.verbena.verbs.Context;
import io.verbena.verbs.Device;
import io.verbena.verbs.VerbsException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The devices that a manager has opened; used with the manager's lock, except {@link #close}. */
final class OpenContexts {
  private final Map<String, Context> usable = new HashMap<>();
  private final List<Context> removed = new ArrayList<>();

  Context of(Device device) throws VerbsException {
    Context context = usable.get(device.name());
    if (context == null || !context.isOpen()) {
      context = device.open();
      usable.put(device.name(), context);
    }
    return context;
  }

  /** The device goes away; one that comes back under its name is another. */
  void remove(Device device) {
    Context context = usable.remove(device.name());
    if (context != null) {
      removed.add(context);
    }
  }

  List<Context> takeAll() {
    List<Context> all = new ArrayList<>(usable.values());
    all.addAll(removed);
    usable.clear();
    removed.clear();
    return all;
  }

  /** All of them, also when one refuses. */
  static void close(List<Context> contexts) {
    RuntimeException failure = null;
    for (Context each : contexts) {
      try {
        each.close();
      } catch (RuntimeException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
