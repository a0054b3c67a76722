#include "ring.hh"

#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

Ring::~Ring() {
  if (consumer_ != nullptr) munmap(consumer_, page_);
  if (producer_ != nullptr) munmap(producer_, page_ + 2 * size_);
}

int Ring::map(int fd, size_t size) {
  size_ = size;
  page_ = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* consumer = mmap(nullptr, page_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (consumer == MAP_FAILED) return errno;
  consumer_ = static_cast<uint8_t*>(consumer);
  // The data pages are mapped twice in a row, so no record is ever split (kernel/bpf/ringbuf.c).
  void* producer = mmap(nullptr, page_ + 2 * size, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(page_));
  if (producer == MAP_FAILED) return errno;
  producer_ = static_cast<uint8_t*>(producer);
  position_ = *reinterpret_cast<uint64_t*>(consumer_);
  return 0;
}

size_t Ring::unread() const {
  uint64_t produced = __atomic_load_n(reinterpret_cast<uint64_t*>(producer_), __ATOMIC_ACQUIRE);
  return static_cast<size_t>(produced - *reinterpret_cast<uint64_t*>(consumer_));
}

const uint8_t* Ring::peek(uint32_t* length) {
  uint64_t produced = __atomic_load_n(reinterpret_cast<uint64_t*>(producer_), __ATOMIC_ACQUIRE);
  while (position_ < produced) {
    uint8_t* record = producer_ + page_ + (position_ & (size_ - 1));
    uint32_t header = __atomic_load_n(reinterpret_cast<uint32_t*>(record), __ATOMIC_ACQUIRE);
    if (header & BPF_RINGBUF_BUSY_BIT) return nullptr;
    uint32_t bytes = header & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
    next_ = position_ + (bytes + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
    if (header & BPF_RINGBUF_DISCARD_BIT) {
      position_ = next_;
      continue;
    }
    *length = bytes;
    return record + BPF_RINGBUF_HDR_SZ;
  }
  return nullptr;
}

void Ring::consume() { __atomic_store_n(reinterpret_cast<uint64_t*>(consumer_), position_, __ATOMIC_RELEASE); }
