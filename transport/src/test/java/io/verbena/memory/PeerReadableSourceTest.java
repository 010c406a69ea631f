package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBuf;
import io.netty.util.ReferenceCounted;
import io.verbena.ChildJvm;
import io.verbena.RdmaDevice;
import io.verbena.RdmaTest;
import io.verbena.ffi.Native;
import io.verbena.verbs.Context;
import io.verbena.verbs.ProtectionDomain;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.Logger;

/**
 * Memory for messages: registered if it can be, plain if nothing can. What peers can do with it is
 * shown by {@code PeerReadableBuffersTest}.
 */
class PeerReadableSourceTest {
  private static final int SLAB = 64 << 10;

  @Test
  void shouldGivePlainMemoryWithoutAnAdapter() throws IOException {
    var source = new PeerReadableSource(null, SLAB);
    RegisteredMemory memory = source.allocate(2 * SLAB);
    assertNull(memory.region());
    assertEquals(2 * SLAB, memory.length());
    memory.segment().set(ValueLayout.JAVA_BYTE, 2 * SLAB - 1, (byte) 1);
    memory.close();
    assertThrows(IllegalStateException.class, () -> memory.segment().get(ValueLayout.JAVA_BYTE, 0));
  }

  @Nested
  @RdmaTest
  class WithAnAdapter {
    @Test
    void shouldRegisterWithTheAdapter() throws IOException {
      try (Context context = RdmaDevice.find().open();
          ProtectionDomain domain = context.createDomain()) {
        RegisteredMemory memory = new PeerReadableSource(domain, SLAB).allocate(SLAB);
        assertNotNull(memory.region());
        assertEquals(domain, memory.region().domain());
        memory.close();
      }
    }

    @Test
    void shouldGivePlainMemoryOnceTheAdapterHasFailed() throws IOException {
      try (Context context = RdmaDevice.find().open();
          ProtectionDomain domain = context.createDomain();
          var across = MemoryDomain.across(domain)) {
        var source = new PeerReadableSource(domain, SLAB);
        RegisteredMemory before = source.allocate(SLAB);
        assertNotNull(before.region());
        source.stopRegistering();
        RegisteredMemory after = source.allocate(SLAB);
        assertNull(after.region());
        after.close();
        before.close();
        across.leaveOut(domain);
        assertNull(across.allocate(SLAB).region());
      }
    }

    /** Plain memory would do there, but nobody would see that the adapter is gone. */
    @Test
    void shouldRefuseWhenTheProtectionDomainIsClosed() throws IOException {
      try (Context context = RdmaDevice.find().open()) {
        ProtectionDomain domain = context.createDomain();
        var source = new PeerReadableSource(domain, SLAB);
        RegisteredMemory memory = source.allocate(SLAB);
        domain.close();
        assertThrows(IllegalStateException.class, () -> source.allocate(SLAB));
        memory.segment().set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
        memory.close();
      }
    }

    @Test
    @Timeout(240)
    void shouldGivePlainMemoryOnlyIfNotEvenTheFirstSlabCanBeRegistered()
        throws IOException, InterruptedException {
      assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "util-linux is not installed");
      assumeTrue(
          "root".equals(System.getProperty("user.name")),
          "only root can run a program as another user");
      List<Class<?>> needed =
          List.of(
              Native.class,
              MemoryDomain.class,
              ByteBuf.class,
              ReferenceCounted.class,
              Logger.class,
              Test.class);
      Path folder = ChildJvm.readableFolder();
      try {
        ChildJvm.Ended ended =
            ChildJvm.run(
                ChildJvm.asNobody(
                    folder, PeerReadableProgram.LIMIT, needed, PeerReadableProgram.class));
        String said = ended.said();
        assertEquals(0, ended.status(), said);
        assertTrue(said.contains("too much at first: refused, ENOMEM\n"), said);
        assertTrue(said.contains("nothing of the attempt stays pinned: 0\n"), said);
        assertTrue(said.contains("less: registered\n"), said);
        assertTrue(said.contains("too much later: refused, ENOMEM\n"), said);
        assertTrue(said.contains("less again: registered\n"), said);
        assertTrue(said.contains("not even the first slab: plain\n"), said);
        assertTrue(said.contains("nor anything later: plain\n"), said);
        assertTrue(said.contains("pinned: 0\n"), said);
      } finally {
        ChildJvm.remove(folder);
      }
    }
  }
}
