package io.verbena.ffi;

import io.verbena.ffi.rdmacm.RdmaCm;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The functions of librdmacm, all of which report their failure through {@code errno}; {@link
 * ErrnoCalls} has the rules for captures. Calling one is allowed only if {@link Native#LIBRDMACM}
 * is available.
 */
public final class ConnectionCalls {
  private ConnectionCalls() {}

  /**
   * Opens a channel for the events of identifiers, see {@code rdma_create_event_channel(3)}.
   *
   * @param capture receives {@code errno}
   * @return a {@code struct rdma_event_channel}; NULL on failure
   */
  public static MemorySegment createEventChannel(MemorySegment capture) {
    try {
      return (MemorySegment) Handles.CREATE_EVENT_CHANNEL.invokeExact(capture);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Creates an identifier, see {@code rdma_create_id(3)}.
   *
   * @param capture receives {@code errno}
   * @param channel a {@code struct rdma_event_channel}
   * @param idOut where the identifier goes
   * @param context any pointer, or NULL
   * @param portSpace {@code RDMA_PS_*}
   * @return 0; -1 on failure
   */
  public static int createId(
      MemorySegment capture,
      MemorySegment channel,
      MemorySegment idOut,
      MemorySegment context,
      int portSpace) {
    try {
      return (int) Handles.CREATE_ID.invokeExact(capture, channel, idOut, context, portSpace);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Destroys an identifier, waiting until all of its events are acknowledged, see {@code
   * rdma_destroy_id(3)}.
   *
   * @param capture receives {@code errno}
   * @param id a {@code struct rdma_cm_id}
   * @return 0; -1 on failure
   */
  public static int destroyId(MemorySegment capture, MemorySegment id) {
    try {
      return (int) Handles.DESTROY_ID.invokeExact(capture, id);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Gives an identifier a local address, see {@code rdma_bind_addr(3)}.
   *
   * @param capture receives {@code errno}
   * @param id a {@code struct rdma_cm_id}
   * @param address a {@code struct sockaddr}
   * @return 0; -1 on failure
   */
  public static int bindAddr(MemorySegment capture, MemorySegment id, MemorySegment address) {
    try {
      return (int) Handles.BIND_ADDR.invokeExact(capture, id, address);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Starts looking for the device and the address of a peer, see {@code rdma_resolve_addr(3)}.
   *
   * @param capture receives {@code errno}
   * @param id a {@code struct rdma_cm_id}
   * @param source a {@code struct sockaddr}, or NULL
   * @param destination a {@code struct sockaddr}
   * @param timeoutMillis milliseconds
   * @return 0; -1 on failure
   */
  public static int resolveAddr(
      MemorySegment capture,
      MemorySegment id,
      MemorySegment source,
      MemorySegment destination,
      int timeoutMillis) {
    try {
      return (int)
          Handles.RESOLVE_ADDR.invokeExact(capture, id, source, destination, timeoutMillis);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Starts looking for the route to a peer whose address is resolved, see {@code
   * rdma_resolve_route(3)}.
   *
   * @param capture receives {@code errno}
   * @param id a {@code struct rdma_cm_id}
   * @param timeoutMillis milliseconds
   * @return 0; -1 on failure
   */
  public static int resolveRoute(MemorySegment capture, MemorySegment id, int timeoutMillis) {
    try {
      return (int) Handles.RESOLVE_ROUTE.invokeExact(capture, id, timeoutMillis);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Starts connecting over a resolved route, see {@code rdma_connect(3)}.
   *
   * @param capture receives {@code errno}
   * @param id a {@code struct rdma_cm_id}
   * @param parameters a {@code struct rdma_conn_param}
   * @return 0; -1 on failure
   */
  public static int connect(MemorySegment capture, MemorySegment id, MemorySegment parameters) {
    try {
      return (int) Handles.CONNECT.invokeExact(capture, id, parameters);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Tells the passive side that the queue pair is ready, see {@code rdma_establish(3)}.
   *
   * @param capture receives {@code errno}
   * @param id a {@code struct rdma_cm_id}
   * @return 0; -1 on failure
   */
  public static int establish(MemorySegment capture, MemorySegment id) {
    try {
      return (int) Handles.ESTABLISH.invokeExact(capture, id);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Starts listening on a bound address, see {@code rdma_listen(3)}.
   *
   * @param capture receives {@code errno}
   * @param id a {@code struct rdma_cm_id}
   * @param backlog requests that may wait
   * @return 0; -1 on failure
   */
  public static int listen(MemorySegment capture, MemorySegment id, int backlog) {
    try {
      return (int) Handles.LISTEN.invokeExact(capture, id, backlog);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Accepts a request, see {@code rdma_accept(3)}.
   *
   * @param capture receives {@code errno}
   * @param id a {@code struct rdma_cm_id}
   * @param parameters a {@code struct rdma_conn_param}
   * @return 0; -1 on failure
   */
  public static int accept(MemorySegment capture, MemorySegment id, MemorySegment parameters) {
    try {
      return (int) Handles.ACCEPT.invokeExact(capture, id, parameters);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Refuses a request, see {@code rdma_reject(3)}.
   *
   * @param capture receives {@code errno}
   * @param id a {@code struct rdma_cm_id}
   * @param privateData bytes for the peer, or NULL
   * @param privateDataLength the number of bytes, unsigned
   * @return 0; -1 on failure
   */
  public static int reject(
      MemorySegment capture, MemorySegment id, MemorySegment privateData, byte privateDataLength) {
    try {
      return (int) Handles.REJECT.invokeExact(capture, id, privateData, privateDataLength);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Tells the connection manager of an event of the queue pair, see {@code rdma_notify(3)}.
   *
   * @param capture receives {@code errno}
   * @param id a {@code struct rdma_cm_id}
   * @param event {@code IBV_EVENT_COMM_EST}
   * @return 0; -1 on failure
   */
  public static int notifyEvent(MemorySegment capture, MemorySegment id, int event) {
    try {
      return (int) Handles.NOTIFY.invokeExact(capture, id, event);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Ends a connection, or answers the peer that does, see {@code rdma_disconnect(3)}.
   *
   * @param capture receives {@code errno}
   * @param id a {@code struct rdma_cm_id}
   * @return 0; -1 on failure
   */
  public static int disconnect(MemorySegment capture, MemorySegment id) {
    try {
      return (int) Handles.DISCONNECT.invokeExact(capture, id);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Starts joining a multicast group, see {@code rdma_join_multicast_ex(3)}.
   *
   * @param capture receives {@code errno}
   * @param id a {@code struct rdma_cm_id}
   * @param attributes a {@code struct rdma_cm_join_mc_attr_ex}
   * @param context handed back with the event, or NULL
   * @return 0; -1 on failure
   */
  public static int joinMulticastEx(
      MemorySegment capture, MemorySegment id, MemorySegment attributes, MemorySegment context) {
    try {
      return (int) Handles.JOIN_MULTICAST_EX.invokeExact(capture, id, attributes, context);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Leaves a multicast group, waiting until all of its events are acknowledged, see {@code
   * rdma_leave_multicast(3)}.
   *
   * @param capture receives {@code errno}
   * @param id a {@code struct rdma_cm_id}
   * @param address the address that was joined
   * @return 0; -1 on failure
   */
  public static int leaveMulticast(MemorySegment capture, MemorySegment id, MemorySegment address) {
    try {
      return (int) Handles.LEAVE_MULTICAST.invokeExact(capture, id, address);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Takes the next event, waiting for it unless the channel is non-blocking, see {@code
   * rdma_get_cm_event(3)}.
   *
   * @param capture receives {@code errno}
   * @param channel a {@code struct rdma_event_channel}
   * @param eventOut where the event goes
   * @return 0; -1 on failure
   */
  public static int getCmEvent(
      MemorySegment capture, MemorySegment channel, MemorySegment eventOut) {
    try {
      return (int) Handles.GET_CM_EVENT.invokeExact(capture, channel, eventOut);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Sets an option of an identifier, see {@code rdma_set_option(3)}.
   *
   * @param capture receives {@code errno}
   * @param id a {@code struct rdma_cm_id}
   * @param level {@code RDMA_OPTION_ID}
   * @param option {@code RDMA_OPTION_ID_*}
   * @param value the value
   * @param valueLength its size in bytes
   * @return 0; -1 on failure
   */
  public static int setOption(
      MemorySegment capture,
      MemorySegment id,
      int level,
      int option,
      MemorySegment value,
      long valueLength) {
    try {
      return (int) Handles.SET_OPTION.invokeExact(capture, id, level, option, value, valueLength);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Moves an identifier to another channel, see {@code rdma_migrate_id(3)}.
   *
   * @param capture receives {@code errno}
   * @param id a {@code struct rdma_cm_id}
   * @param channel a {@code struct rdma_event_channel}
   * @return 0; -1 on failure
   */
  public static int migrateId(MemorySegment capture, MemorySegment id, MemorySegment channel) {
    try {
      return (int) Handles.MIGRATE_ID.invokeExact(capture, id, channel);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Tells the attributes for a transition of the queue pair, see {@code rdma_init_qp_attr(3)}.
   *
   * @param capture receives {@code errno}
   * @param id a {@code struct rdma_cm_id}
   * @param attributes a {@code struct ibv_qp_attr} whose {@code qp_state} is the target
   * @param maskOut where the mask of attributes goes
   * @return 0; -1 on failure
   */
  public static int initQpAttr(
      MemorySegment capture, MemorySegment id, MemorySegment attributes, MemorySegment maskOut) {
    try {
      return (int) Handles.INIT_QP_ATTR.invokeExact(capture, id, attributes, maskOut);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /** Initialised by the first call: needs librdmacm. */
  private static final class Handles {
    static final MethodHandle CREATE_EVENT_CHANNEL =
        ErrnoHandles.capturing(
            RdmaCm.rdma_create_event_channel$address(),
            RdmaCm.rdma_create_event_channel$descriptor());
    static final MethodHandle CREATE_ID =
        ErrnoHandles.capturing(RdmaCm.rdma_create_id$address(), RdmaCm.rdma_create_id$descriptor());
    static final MethodHandle DESTROY_ID =
        ErrnoHandles.capturing(
            RdmaCm.rdma_destroy_id$address(), RdmaCm.rdma_destroy_id$descriptor());
    static final MethodHandle BIND_ADDR =
        ErrnoHandles.capturing(RdmaCm.rdma_bind_addr$address(), RdmaCm.rdma_bind_addr$descriptor());
    static final MethodHandle RESOLVE_ADDR =
        ErrnoHandles.capturing(
            RdmaCm.rdma_resolve_addr$address(), RdmaCm.rdma_resolve_addr$descriptor());
    static final MethodHandle RESOLVE_ROUTE =
        ErrnoHandles.capturing(
            RdmaCm.rdma_resolve_route$address(), RdmaCm.rdma_resolve_route$descriptor());
    static final MethodHandle CONNECT =
        ErrnoHandles.capturing(RdmaCm.rdma_connect$address(), RdmaCm.rdma_connect$descriptor());
    static final MethodHandle ESTABLISH =
        ErrnoHandles.capturing(RdmaCm.rdma_establish$address(), RdmaCm.rdma_establish$descriptor());
    static final MethodHandle LISTEN =
        ErrnoHandles.capturing(RdmaCm.rdma_listen$address(), RdmaCm.rdma_listen$descriptor());
    static final MethodHandle ACCEPT =
        ErrnoHandles.capturing(RdmaCm.rdma_accept$address(), RdmaCm.rdma_accept$descriptor());
    static final MethodHandle REJECT =
        ErrnoHandles.capturing(RdmaCm.rdma_reject$address(), RdmaCm.rdma_reject$descriptor());
    static final MethodHandle NOTIFY =
        ErrnoHandles.capturing(RdmaCm.rdma_notify$address(), RdmaCm.rdma_notify$descriptor());
    static final MethodHandle DISCONNECT =
        ErrnoHandles.capturing(
            RdmaCm.rdma_disconnect$address(), RdmaCm.rdma_disconnect$descriptor());
    static final MethodHandle JOIN_MULTICAST_EX =
        ErrnoHandles.capturing(
            RdmaCm.rdma_join_multicast_ex$address(), RdmaCm.rdma_join_multicast_ex$descriptor());
    static final MethodHandle LEAVE_MULTICAST =
        ErrnoHandles.capturing(
            RdmaCm.rdma_leave_multicast$address(), RdmaCm.rdma_leave_multicast$descriptor());
    static final MethodHandle GET_CM_EVENT =
        ErrnoHandles.capturing(
            RdmaCm.rdma_get_cm_event$address(), RdmaCm.rdma_get_cm_event$descriptor());
    static final MethodHandle SET_OPTION =
        ErrnoHandles.capturing(
            RdmaCm.rdma_set_option$address(), RdmaCm.rdma_set_option$descriptor());
    static final MethodHandle MIGRATE_ID =
        ErrnoHandles.capturing(
            RdmaCm.rdma_migrate_id$address(), RdmaCm.rdma_migrate_id$descriptor());
    static final MethodHandle INIT_QP_ATTR =
        ErrnoHandles.capturing(
            RdmaCm.rdma_init_qp_attr$address(), RdmaCm.rdma_init_qp_attr$descriptor());
  }
}
