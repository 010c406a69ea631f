package io.verbena.verbs;

import static io.verbena.verbs.DatagramPair.HEADER;
import static io.verbena.verbs.DatagramPair.QUEUE_KEY;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaTest;
import io.verbena.verbs.QueuePairTransition.ToReset;
import java.io.IOException;
import java.net.NetworkInterface;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

@RdmaTest
class DatagramTest {
  /** {@code ::ffff:239.1.2.3} */
  private static final Gid GROUP = new Gid(0, 0xffff_ef01_0203L);

  private static final int ALL_MEMBERS = 0xffffff;

  @Test
  void shouldSendADatagramAndSayWhoSentIt() throws IOException {
    try (DatagramPair pair = new DatagramPair()) {
      LoopbackPair.put(pair.left, 100, "datagram");
      assertTrue(pair.rightPair.receives().receive(5, pair.right, 256, HEADER + 64).submit());
      assertTrue(pair.toRight().signaled().sendImmediate(6, pair.left, 100, 8, 0xcafe).submit());
      assertEquals(6, LoopbackPair.next(pair.leftQueue).id());
      Completions got = pair.arrival();
      assertTrue(got.succeeded(), () -> got.status().toString());
      assertEquals(5, got.id());
      assertEquals(HEADER + 8, got.byteCount());
      assertEquals(0xcafe, got.immediate());
      assertEquals(pair.leftPair.number(), got.sourcePairNumber());
      assertEquals("datagram", LoopbackPair.get(pair.right, 256 + HEADER, 8));
      assertTrue(got.hasRouteHeader());
      assertEquals(0, got.pkeyIndex());
    }
  }

  @Test
  void shouldAnswerTheSender() throws IOException {
    try (DatagramPair pair = new DatagramPair()) {
      pair.rightPair.receives().receive(1, pair.right, 0, 256).submit();
      pair.leftPair.receives().receive(2, pair.left, 0, 256).submit();
      pair.toRight().send(3, pair.left, 1000, 10).submit();
      Completions got = pair.arrival();
      AddressVector way = got.sender(pair.right, 0, pair.port);
      assertEquals(pair.toRight.vector().gid(), way.gid());
      LoopbackPair.put(pair.right, 1000, "thank you");
      try (AddressHandle back = pair.domain.createAddressHandle(way)) {
        pair.rightPair
            .sends()
            .signaled()
            .to(back, got.sourcePairNumber(), QUEUE_KEY)
            .send(4, pair.right, 1000, 9)
            .submit();
        Completions answer = LoopbackPair.next(pair.leftQueue);
        assertTrue(answer.succeeded());
        assertEquals(2, answer.id());
        assertEquals(HEADER + 9, answer.byteCount());
        assertEquals("thank you", LoopbackPair.get(pair.left, HEADER, 9));
        assertTrue(pair.arrival().succeeded());
      }
    }
  }

  @Test
  void shouldSendManyToSeveralPeersWithOneDoorbell() throws IOException {
    try (DatagramPair pair = new DatagramPair(config -> config.withInlineBytes(64));
        QueuePair third = pair.domain.createQueuePair(QueuePairConfig.datagram(pair.rightQueue))) {
      third.address(pair.port, pair.gidIndex);
      third.activate(QUEUE_KEY);
      for (int i = 0; i < 20; i++) {
        QueuePair target = i % 2 == 0 ? pair.rightPair : third;
        target.receives().receive(i, pair.right, i * 256L, 256).submit();
        LoopbackPair.put(pair.left, 0, "message " + (char) ('a' + i));
        pair.leftPair.sends().to(pair.toRight, target.number(), QUEUE_KEY).inline();
        pair.leftPair.sends().send(i, pair.left, 0, 9);
      }
      assertTrue(pair.leftPair.sends().submit());
      for (int i = 0; i < 20; i++) {
        Completions got = pair.arrival();
        assertTrue(got.succeeded());
        assertEquals(got.id() % 2 == 0 ? pair.rightPair : third, got.queuePair());
      }
      for (int i = 0; i < 20; i++) {
        assertEquals(
            "message " + (char) ('a' + i), LoopbackPair.get(pair.right, i * 256L + HEADER, 9));
      }
    }
  }

  @Test
  void shouldDropWhatCarriesAnotherQueueKey() throws IOException {
    try (DatagramPair pair = new DatagramPair()) {
      pair.rightPair.receives().receive(1, pair.right, 0, 256).submit();
      pair.leftPair
          .sends()
          .to(pair.toRight, pair.rightPair.number(), QUEUE_KEY + 1)
          .signaled()
          .send(2, pair.left, 0, 8)
          .submit();
      assertTrue(LoopbackPair.next(pair.leftQueue).succeeded());
      LoopbackPair.put(pair.left, 0, "right key");
      pair.toRight().send(3, pair.left, 0, 9).submit();
      Completions got = pair.arrival();
      assertEquals(HEADER + 9, got.byteCount());
      assertEquals("right key", LoopbackPair.get(pair.right, HEADER, 9));
    }
  }

  @Test
  void shouldRefuseWhatDatagramsCannotDo() throws IOException {
    try (DatagramPair pair = new DatagramPair();
        LoopbackPair connected = new LoopbackPair()) {
      SendBatch sends = pair.leftPair.sends();
      illegalState("needs a destination", () -> sends.send(1, pair.left, 0, 8));
      // A destination is for one request.
      pair.toRight().send(1, pair.left, 0, 8);
      illegalState("needs a destination", () -> sends.send(2, pair.left, 0, 8));
      illegalState("sends only", () -> pair.toRight().write(1, pair.left, 0, 8, 0, 0));
      illegalState(
          "neither reads nor atomics", () -> pair.toRight().read(1, pair.left, 0, 8, 0, 0));
      illegalState(
          "to() is for DATAGRAM", () -> connected.leftPair.sends().to(pair.toRight, 1, QUEUE_KEY));
      illegalState("activate(queueKey)", () -> pair.leftPair.connect(addressOf(pair)));
      illegalState("connect(remote)", () -> connected.leftPair.activate(QUEUE_KEY));
      illegalState("multicast is for", () -> connected.leftPair.attachMulticast(GROUP, 0));
      int mtu = pair.context.port(pair.port).activeMtuBytes();
      IllegalArgumentException tooLong =
          assertThrows(
              IllegalArgumentException.class, () -> pair.toRight().send(1, pair.left, 0, mtu + 1));
      assertTrue(tooLong.getMessage().contains("MTU is " + mtu), tooLong.getMessage());
      assertEquals(1, sends.size());
      sends.clear();
      pair.rightPair.receives().receive(7, pair.right, 0, HEADER + mtu).submit();
      assertTrue(pair.toRight().send(3, pair.left, 0, mtu).submit());
      assertEquals(HEADER + mtu, pair.arrival().byteCount());
    }
  }

  private static QueuePairAddress addressOf(DatagramPair pair) throws VerbsException {
    return pair.rightPair.address(pair.port, pair.gidIndex);
  }

  @Test
  void shouldRefuseABatchWhoseAddressHandleWasClosed() throws IOException {
    try (DatagramPair pair = new DatagramPair()) {
      SendBatch batch = pair.toRight().send(1, pair.left, 0, 8);
      pair.toRight.close();
      illegalState("the address handle to", batch::submit);
      assertEquals(0, batch.size());
      illegalState("the address handle to", pair::toRight);
      // The queue pair still works.
      try (AddressHandle again = pair.leftPair.createAddressHandle(addressOf(pair))) {
        pair.rightPair.receives().receive(2, pair.right, 0, 256).submit();
        batch
            .to(again, pair.rightPair.number(), QUEUE_KEY)
            .signaled()
            .send(3, pair.left, 0, 8)
            .submit();
        assertTrue(pair.arrival().succeeded());
        assertTrue(LoopbackPair.next(pair.leftQueue).succeeded());
      }
    }
  }

  @Test
  void shouldCloseAnAddressHandleWhileAnotherThreadSends() throws Exception {
    try (DatagramPair pair = new DatagramPair()) {
      for (int round = 0; round < 20; round++) {
        AddressHandle handle = pair.domain.createAddressHandle(pair.toRight.vector());
        CountDownLatch sending = new CountDownLatch(1);
        CompletableFuture<Long> sender =
            CompletableFuture.supplyAsync(
                () -> {
                  long sent = 0;
                  try {
                    while (true) {
                      pair.leftPair
                          .sends()
                          .to(handle, pair.rightPair.number(), QUEUE_KEY)
                          .send(1, pair.left, 0, 8)
                          .submit();
                      pair.leftQueue.poll().next();
                      if (++sent == 20) {
                        sending.countDown();
                      }
                    }
                  } catch (IllegalStateException e) {
                    assertTrue(e.getMessage().contains("the address handle"), e.getMessage());
                    return sent;
                  } catch (VerbsException e) {
                    throw new AssertionError(e);
                  }
                });
        assertTrue(sending.await(20, TimeUnit.SECONDS));
        handle.close();
        assertTrue(sender.get(20, TimeUnit.SECONDS) >= 20);
      }
    }
  }

  @Test
  void shouldReceiveMulticastWhileAttached() throws IOException {
    try (DatagramPair pair = new DatagramPair();
        DatagramChannel member = joined(pair)) {
      assertTrue(member.isOpen());
      AddressVector there = pair.toRight.vector();
      AddressVector group =
          new AddressVector(there.port(), there.gidIndex(), 0, GROUP, true, 0, 0, 1);
      pair.rightPair.receives().receive(1, pair.right, 0, 256).submit();
      assertThrows(
          IllegalArgumentException.class, () -> pair.rightPair.attachMulticast(GROUP, 0x10000));
      pair.rightPair.attachMulticast(GROUP, 0);
      illegalState("attached to", () -> pair.rightPair.attachMulticast(GROUP, 0));
      try (AddressHandle handle = pair.domain.createAddressHandle(group)) {
        LoopbackPair.put(pair.left, 0, "everybody");
        pair.leftPair
            .sends()
            .to(handle, ALL_MEMBERS, QUEUE_KEY)
            .signaled()
            .send(2, pair.left, 0, 9)
            .submit();
        assertTrue(LoopbackPair.next(pair.leftQueue).succeeded());
        assertEquals(1, pair.arrival().id());
        assertEquals("everybody", LoopbackPair.get(pair.right, HEADER, 9));
      }
      pair.rightPair.detachMulticast(GROUP, 0);
      illegalState("not attached", () -> pair.rightPair.detachMulticast(GROUP, 0));
      assertThrows(
          IllegalArgumentException.class,
          () -> pair.rightPair.attachMulticast(pair.toRight.vector().gid(), 0));
    }
  }

  /** The machine itself must be a member of the IP group: only then its network loops it back. */
  private static DatagramChannel joined(DatagramPair pair) throws IOException {
    NetworkInterface network =
        NetworkInterface.getByInetAddress(
            pair.leftPair.address(pair.port, pair.gidIndex).gid().inetAddress());
    DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET);
    channel.join(GROUP.inetAddress(), network);
    return channel;
  }

  @Test
  void shouldCloseAQueuePairThatIsAttachedToAGroup() throws IOException {
    try (DatagramPair pair = new DatagramPair()) {
      pair.rightPair.attachMulticast(GROUP, 0);
      pair.rightPair.close();
      assertFalse(pair.rightPair.isOpen());
    }
  }

  @Test
  void shouldWorkAgainAfterAReset() throws IOException {
    try (DatagramPair pair = new DatagramPair()) {
      pair.rightPair.modify(new ToReset());
      pair.rightPair.activate(QUEUE_KEY);
      assertEquals(QueuePairState.RTS, pair.rightPair.state());
      pair.rightPair.receives().receive(1, pair.right, 0, 256).submit();
      pair.toRight().send(2, pair.left, 0, 8).submit();
      assertTrue(pair.arrival().succeeded());
    }
  }

  private interface Call {
    void run() throws IOException;
  }

  private static void illegalState(String part, Call call) {
    IllegalStateException e = assertThrows(IllegalStateException.class, call::run, part);
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }
}
