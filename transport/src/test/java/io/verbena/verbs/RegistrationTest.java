package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaTest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;

/** Memory that the adapter can reach stays where it is. */
@RdmaTest
class RegistrationTest {
  @Test
  void shouldKeepASharedArenaOpenWhileItsMemoryIsRegistered() throws IOException {
    try (LoopbackPair pair = new LoopbackPair();
        Arena arena = Arena.ofShared()) {
      MemorySegment memory = arena.allocate(4096, 4096);
      MemoryRegion region = pair.domain.register(memory, Access.LOCAL_WRITE, Access.REMOTE_WRITE);
      assertThrows(IllegalStateException.class, arena::close);
      assertTrue(memory.scope().isAlive());
      LoopbackPair.put(pair.left, 0, "held");
      write(pair, region);
      assertEquals("held", LoopbackPair.get(region, 0, 4));
      region.close();
    }
  }

  @Test
  void shouldLetGoWithTheContext() throws IOException {
    MemorySegment.Scope scope;
    try (Arena arena = Arena.ofShared()) {
      scope = arena.scope();
      try (LoopbackPair pair = new LoopbackPair()) {
        pair.domain.register(arena.allocate(4096, 4096), Access.LOCAL_WRITE);
        pair.domain.register(arena.allocate(4096, 4096), Access.LOCAL_WRITE);
        assertThrows(IllegalStateException.class, arena::close);
      }
    }
    assertFalse(scope.isAlive());
  }

  @Test
  void shouldLetGoWhenTheDeviceRefuses() throws IOException {
    Path file = Files.createTempFile("verbena", ".mapped");
    try (LoopbackPair pair = new LoopbackPair();
        Arena arena = Arena.ofShared();
        FileChannel channel =
            FileChannel.open(
                file,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE)) {
      MemorySegment memory = channel.map(FileChannel.MapMode.READ_WRITE, 0, 4096, arena);
      // Pages behind the end of the file cannot be had.
      channel.truncate(0);
      assertThrows(VerbsException.class, () -> pair.domain.register(memory, Access.LOCAL_WRITE));
    }
  }

  @Test
  void shouldTakeMemoryThatNobodyCanFree() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      long threads = Thread.getAllStackTraces().size();
      for (MemorySegment memory :
          new MemorySegment[] {
            Arena.global().allocate(4096, 4096),
            Arena.ofAuto().allocate(4096, 4096),
            MemorySegment.ofBuffer(ByteBuffer.allocateDirect(4096))
          }) {
        MemoryRegion region = pair.domain.register(memory, Access.LOCAL_WRITE, Access.REMOTE_WRITE);
        assertSame(memory, region.memory());
        assertEquals(threads, Thread.getAllStackTraces().size(), "no thread is needed");
        write(pair, region);
        region.close();
      }
    }
  }

  @Test
  void shouldRefuseMemoryThatItCannotKeep() throws IOException {
    try (LoopbackPair pair = new LoopbackPair();
        Arena confined = Arena.ofConfined()) {
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () -> pair.domain.register(confined.allocate(64), Access.LOCAL_WRITE));
      assertTrue(e.getMessage().contains("Arena.ofShared()"), e.getMessage());
      MemorySegment freed;
      try (Arena shared = Arena.ofShared()) {
        freed = shared.allocate(64);
      }
      IllegalStateException closed =
          assertThrows(IllegalStateException.class, () -> pair.domain.register(freed));
      assertTrue(closed.getMessage().contains("closed"), closed.getMessage());
    }
  }

  @Test
  void shouldRegisterARegionOnceMoreWithOtherRights() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      MemoryRegion local = pair.domain.allocate(4096, Access.LOCAL_WRITE);
      MemoryRegion granted = pair.domain.register(local, Access.LOCAL_WRITE, Access.REMOTE_WRITE);
      assertNotEquals(local.rkey(), granted.rkey());
      LoopbackPair.put(pair.left, 0, "again");
      write(pair, granted);
      assertEquals("again", LoopbackPair.get(local, 0, 5));
      local.close();
      assertFalse(granted.isOpen());
    }
  }

  @Test
  void shouldWriteToAZeroBasedRegionByOffset() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      MemoryRegion region =
          pair.domain.allocate(4096, Access.LOCAL_WRITE, Access.REMOTE_WRITE, Access.ZERO_BASED);
      assertEquals(0, region.address());
      LoopbackPair.put(pair.left, 0, "zero");
      write(pair, region);
      assertEquals("zero", LoopbackPair.get(region, 0, 4));
    }
  }

  @Test
  void shouldChangeARegionOrLeaveItAsItWas() throws IOException {
    try (LoopbackPair pair = new LoopbackPair();
        Arena arena = Arena.ofShared()) {
      ProtectionDomain other = pair.context.createDomain();
      MemorySegment memory = arena.allocate(8192, 4096);
      MemoryRegion region = pair.domain.allocate(4096, Access.LOCAL_WRITE);
      int key = region.rkey();
      boolean changed = true;
      try {
        region.reregister(other, memory, Access.LOCAL_WRITE, Access.REMOTE_WRITE);
      } catch (VerbsException e) {
        // Soft-RoCE of Linux 6.1 cannot.
        assertEquals("ibv_rereg_mr", e.verb());
        assertTrue(e.getMessage().contains("is as before"), e.getMessage());
        changed = false;
      }
      assertTrue(region.isOpen());
      if (changed) {
        assertSame(other, region.domain());
        assertSame(memory, region.memory());
        assertEquals(8192, region.length());
        assertThrows(IllegalStateException.class, arena::close);
        pair.domain.close();
        assertTrue(region.isOpen());
        region.close();
      } else {
        assertSame(pair.domain, region.domain());
        assertEquals(4096, region.length());
        assertEquals(key, region.rkey());
        region.memory().set(ValueLayout.JAVA_BYTE, 4095, (byte) 1);
        pair.leftPair
            .sends()
            .signaled()
            .read(1, region, 0, 8, pair.right.address(), pair.right.rkey())
            .submit();
        assertTrue(pair.leftDone().succeeded());
        other.close();
        assertTrue(region.isOpen());
      }
    }
  }

  /** The library itself refuses memory at address 0, so this fails on every device. */
  @Test
  void shouldLeaveARegionAsItWasWhenItsChangeIsRefused() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      MemoryRegion region = pair.domain.allocate(4096, Access.LOCAL_WRITE, Access.REMOTE_WRITE);
      ProtectionDomain other = pair.context.createDomain();
      MemorySegment memory = region.memory();
      int key = region.rkey();
      MemorySegment nowhere = MemorySegment.NULL.reinterpret(8192);
      VerbsException e =
          assertThrows(
              VerbsException.class, () -> region.reregister(other, nowhere, Access.REMOTE_READ));
      assertEquals("ibv_rereg_mr", e.verb());
      assertEquals("EINVAL", e.errnoName());
      assertTrue(e.getMessage().contains("is as before"), e.getMessage());
      assertTrue(region.isOpen());
      assertSame(pair.domain, region.domain());
      assertSame(memory, region.memory());
      assertEquals(4096, region.length());
      assertEquals(key, region.rkey());
      LoopbackPair.put(pair.left, 0, "as ever");
      write(pair, region);
      assertEquals("as ever", LoopbackPair.get(region, 0, 7));
      other.close();
      assertTrue(region.isOpen());
    }
  }

  @Test
  void shouldChangeNothingWhenNothingDiffers() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      MemoryRegion region = pair.domain.allocate(4096, Access.LOCAL_WRITE);
      int key = region.lkey();
      region.reregister(pair.domain, region.memory(), Access.LOCAL_WRITE);
      assertEquals(key, region.lkey());
      assertThrows(
          IllegalArgumentException.class,
          () ->
              region.reregister(
                  pair.domain, region.memory(), Access.LOCAL_WRITE, Access.ZERO_BASED));
      MemoryRegion again = pair.domain.register(region);
      IllegalStateException e =
          assertThrows(
              IllegalStateException.class,
              () -> region.reregister(pair.domain, region.memory(), Access.REMOTE_READ));
      assertTrue(e.getMessage().contains("close it first"), e.getMessage());
      again.close();
    }
  }

  /** Eight bytes of the left region to the start of a region. */
  private static void write(LoopbackPair pair, MemoryRegion region) throws VerbsException {
    pair.leftPair
        .sends()
        .signaled()
        .write(1, pair.left, 0, 8, region.address(), region.rkey())
        .submit();
    LoopbackPair.Done done = pair.leftDone();
    assertTrue(done.succeeded(), done::toString);
  }
}
