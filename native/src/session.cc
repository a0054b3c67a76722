#include "session.hh"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "arguments.hh"
#include "columns.hh"
#include "error.hh"

Napi::Function Session::define(Napi::Env env) {
  return DefineClass(env, "Session",
                     {
                         InstanceMethod<&Session::attach>("attach"),
                         InstanceMethod<&Session::detach>("detach"),
                         InstanceMethod<&Session::pin>("pin"),
                         InstanceMethod<&Session::adopt>("adopt"),
                         InstanceMethod<&Session::stage>("stage"),
                         InstanceMethod<&Session::unread>("unread"),
                         InstanceMethod<&Session::drain>("drain"),
                         InstanceMethod<&Session::records>("records"),
                         InstanceMethod<&Session::changed>("changed"),
                         InstanceMethod<&Session::read>("read"),
                         InstanceMethod<&Session::update>("update"),
                         InstanceMethod<&Session::testRun>("testRun"),
                         InstanceMethod<&Session::counters>("counters"),
                         InstanceMethod<&Session::close>("close"),
                     });
}

Session::Session(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Session>(info) {
  Napi::Env env = info.Env();
  Napi::Uint8Array object = bytes(env, info[0], "object");
  Napi::Object options = info[1].IsObject() ? info[1].As<Napi::Object>() : Napi::Object::New(env);
  std::string btf = has(options, "btf") ? options.Get("btf").ToString().Utf8Value() : "";

  LogCapture log;
  LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "nfscope");
  if (!btf.empty()) opts.btf_custom_path = btf.c_str();
  object_ = bpf_object__open_mem(start(object), object.ByteLength(), &opts);
  if (object_ == nullptr) throwKernelError(env, errno, "open", "the BPF object cannot be read", log.text());
  try {
    configure(env, options);
    int error = bpf_object__load(object_);
    if (error != 0) throwKernelError(env, -error, "load", "the kernel refused the BPF object", log.text());
  } catch (...) {
    release();
    throw;
  }
}

Session::~Session() { release(); }

void Session::release() {
  for (auto& link : links_) bpf_link__destroy(link.second);
  links_.clear();
  for (auto& program : adopted_) ::close(program.second);
  adopted_.clear();
  rings_.clear();
  for (auto& mapping : mappings_) munmap(mapping.second.data, mapping.second.length);
  mappings_.clear();
  if (object_ != nullptr) bpf_object__close(object_);
  object_ = nullptr;
}

void Session::requireOpen(Napi::Env env) const {
  if (object_ == nullptr) throw codedError(env, "ERR_CLOSED", "the session is closed");
}

struct bpf_program* Session::program(const Napi::CallbackInfo& info) const {
  requireOpen(info.Env());
  std::string wanted = name(info);
  struct bpf_program* found = bpf_object__find_program_by_name(object_, wanted.c_str());
  if (found == nullptr || bpf_program__fd(found) < 0) throw codedError(info.Env(), "ERR_UNKNOWN_PROGRAM", "no program " + wanted + " is loaded");
  return found;
}

struct bpf_map* Session::map(const Napi::CallbackInfo& info) const {
  requireOpen(info.Env());
  std::string wanted = name(info);
  struct bpf_map* found = bpf_object__find_map_by_name(object_, wanted.c_str());
  if (found == nullptr) throw codedError(info.Env(), "ERR_UNKNOWN_MAP", "no map " + wanted + " in this BPF object");
  return found;
}

Ring& Session::ring(const Napi::CallbackInfo& info) {
  struct bpf_map* map = this->map(info);
  std::unique_ptr<Ring>& ring = rings_[bpf_map__name(map)];
  if (ring == nullptr) {
    auto opened = std::make_unique<Ring>();
    int error = bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF ? opened->map(bpf_map__fd(map), bpf_map__max_entries(map)) : EINVAL;
    if (error != 0) throwKernelError(info.Env(), error, "map", std::string("ring ") + bpf_map__name(map) + " cannot be mapped");
    ring = std::move(opened);
  }
  return *ring;
}

const Session::Mapping& Session::mapping(const Napi::CallbackInfo& info) {
  struct bpf_map* map = this->map(info);
  auto found = mappings_.find(bpf_map__name(map));
  if (found != mappings_.end()) return found->second;
  Mapping mapping;
  mapping.stride = (bpf_map__value_size(map) + 7) / 8 * 8;
  mapping.rows = bpf_map__max_entries(map);
  size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  mapping.length = (mapping.stride * mapping.rows + page - 1) / page * page;
  // Through memory, never by system call: bpf(2) on a map makes kprobe programs on that CPU skip runs.
  void* data = mmap(nullptr, mapping.length, PROT_READ, MAP_SHARED, bpf_map__fd(map), 0);
  if (data == MAP_FAILED) throwKernelError(info.Env(), errno, "map", std::string("map ") + bpf_map__name(map) + " cannot be mapped");
  mapping.data = static_cast<uint8_t*>(data);
  return mappings_.emplace(bpf_map__name(map), mapping).first->second;
}

// unread(ring): bytes
Napi::Value Session::unread(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(this->ring(info).unread()));
}

// drain(ring, fields, columns, capacity, recordSize): number
Napi::Value Session::drain(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Ring& ring = this->ring(info);
  size_t capacity = info[3].ToNumber().Uint32Value();
  uint32_t recordSize = info[4].ToNumber().Uint32Value();
  std::vector<Column> columns = readColumns(env, info[1], info[2], capacity, recordSize);
  size_t row = 0;
  uint32_t length;
  while (row < capacity) {
    const uint8_t* record = ring.peek(&length);
    if (record == nullptr) break;
    ring.advance();
    if (length != recordSize) {
      ring.consume();
      throw codedError(env, "ERR_RECORD_SIZE", "a record of " + std::to_string(length) + " bytes where " + std::to_string(recordSize) + " were expected");
    }
    storeRow(columns, row++, record);
  }
  ring.consume();
  return Napi::Number::New(env, static_cast<double>(row));
}

// records(ring, buffer): bytes used. Each record is a u32 length, 4 bytes of nothing and the record, padded to 8.
Napi::Value Session::records(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Ring& ring = this->ring(info);
  Napi::Uint8Array buffer = bytes(env, info[1], "buffer");
  uint8_t* to = start(buffer);
  size_t used = 0;
  uint32_t length;
  for (;;) {
    const uint8_t* record = ring.peek(&length);
    if (record == nullptr) break;
    size_t needed = 8 + (length + 7) / 8 * 8;
    if (used + needed > buffer.ByteLength()) {
      if (used == 0) throw Napi::RangeError::New(env, "buffer has no room for one record of " + std::to_string(length) + " bytes");
      break;
    }
    memcpy(to + used, &length, 4);
    memcpy(to + used + 8, record, length);
    used += needed;
    ring.advance();
  }
  ring.consume();
  return Napi::Number::New(env, static_cast<double>(used));
}

// changed(map, fields, columns, capacity, versionOffset, seen: Float64Array, rows: Uint32Array): number
Napi::Value Session::changed(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const Mapping& mapping = this->mapping(info);
  size_t capacity = info[3].ToNumber().Uint32Value();
  size_t version = info[4].ToNumber().Uint32Value();
  std::vector<Column> columns = readColumns(env, info[1], info[2], capacity, mapping.stride);
  if (version % 8 != 0 || version + 8 > mapping.stride) throw Napi::RangeError::New(env, "versionOffset must be that of a u64 of the row");
  if (!info[5].IsTypedArray() || info[5].As<Napi::TypedArray>().TypedArrayType() != napi_float64_array || info[5].As<Napi::TypedArray>().ElementLength() < mapping.rows)
    throw Napi::RangeError::New(env, "seen must be a Float64Array with an element a row");
  if (!info[6].IsTypedArray() || info[6].As<Napi::TypedArray>().TypedArrayType() != napi_uint32_array || info[6].As<Napi::TypedArray>().ElementLength() < capacity)
    throw Napi::RangeError::New(env, "rows must be a Uint32Array with an element for each of capacity");
  double* seen = info[5].As<Napi::Float64Array>().Data();
  uint32_t* rows = info[6].As<Napi::Uint32Array>().Data();
  size_t count = 0;
  const uint8_t* row = mapping.data;
  for (uint32_t i = 0; i < mapping.rows && count < capacity; i++, row += mapping.stride) {
    // The version is written last and read first: what it stands for is all there.
    double now = static_cast<double>(__atomic_load_n(reinterpret_cast<const uint64_t*>(row + version), __ATOMIC_ACQUIRE));
    if (now == seen[i]) continue;
    seen[i] = now;
    rows[count] = i;
    storeRow(columns, count++, row);
  }
  return Napi::Number::New(env, static_cast<double>(count));
}

// read(map, first, count, buffer): copies rows of a mapped array
Napi::Value Session::read(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const Mapping& mapping = this->mapping(info);
  size_t first = info[1].ToNumber().Uint32Value();
  size_t count = info[2].ToNumber().Uint32Value();
  Napi::Uint8Array buffer = bytes(env, info[3], "buffer");
  if (first + count > mapping.rows || buffer.ByteLength() < count * mapping.stride) throw Napi::RangeError::New(env, "rows or buffer out of range");
  memcpy(start(buffer), mapping.data + first * mapping.stride, count * mapping.stride);
  return env.Undefined();
}

// update(map, keys: Uint8Array | null, values: Uint8Array): one entry for every value; null keys for a queue
Napi::Value Session::update(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  struct bpf_map* map = this->map(info);
  size_t keySize = bpf_map__key_size(map);
  size_t valueSize = bpf_map__value_size(map);
  Napi::Uint8Array values = bytes(env, info[2], "values");
  const uint8_t* keys = nullptr;
  if (keySize > 0) {
    Napi::Uint8Array array = bytes(env, info[1], "keys");
    if (array.ByteLength() / keySize != values.ByteLength() / valueSize) throw Napi::RangeError::New(env, "as many keys as values are needed");
    keys = start(array);
  }
  if (values.ByteLength() % valueSize != 0) throw Napi::RangeError::New(env, "values must be whole values of " + std::to_string(valueSize) + " bytes");
  for (size_t i = 0; i < values.ByteLength() / valueSize; i++) {
    if (bpf_map_update_elem(bpf_map__fd(map), keys != nullptr ? keys + i * keySize : nullptr, start(values) + i * valueSize, BPF_ANY) != 0)
      throwKernelError(env, errno, "map", std::string("map ") + bpf_map__name(map) + " refused an entry");
  }
  return env.Undefined();
}

// testRun(program, context: BigUint64Array): the program's return value as a signed number
Napi::Value Session::testRun(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  struct bpf_program* program = this->program(info);
  LIBBPF_OPTS(bpf_test_run_opts, opts);
  if (info[1].IsTypedArray()) {
    Napi::TypedArray context = info[1].As<Napi::TypedArray>();
    opts.ctx_in = start(context);
    opts.ctx_size_in = static_cast<uint32_t>(context.ByteLength());
  }
  if (bpf_prog_test_run_opts(bpf_program__fd(program), &opts) != 0)
    throwKernelError(env, errno, "run", std::string("program ") + bpf_program__name(program) + " cannot be run");
  return Napi::Number::New(env, static_cast<int32_t>(opts.retval));
}

// counters(): { program: { attached, runs, runTimeNs, missed } }
Napi::Value Session::counters(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  requireOpen(env);
  Napi::Object programs = Napi::Object::New(env);
  struct bpf_program* program;
  bpf_object__for_each_program(program, object_) {
    if (bpf_program__fd(program) < 0) continue;
    struct bpf_prog_info details = {};
    uint32_t length = sizeof(details);
    auto adopted = adopted_.find(bpf_program__name(program));
    int fd = adopted != adopted_.end() ? adopted->second : bpf_program__fd(program);
    if (bpf_obj_get_info_by_fd(fd, &details, &length) != 0)
      throwKernelError(env, errno, "map", std::string("program ") + bpf_program__name(program) + " cannot be looked at");
    Napi::Object one = Napi::Object::New(env);
    one.Set("attached", links_.count(bpf_program__name(program)) != 0);
    one.Set("runs", static_cast<double>(details.run_cnt));
    one.Set("runTimeNs", static_cast<double>(details.run_time_ns));
    one.Set("missed", static_cast<double>(details.recursion_misses));
    programs.Set(bpf_program__name(program), one);
  }
  return programs;
}

// close(): safe twice
Napi::Value Session::close(const Napi::CallbackInfo& info) {
  release();
  return info.Env().Undefined();
}
