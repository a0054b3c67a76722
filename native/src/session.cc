#include "session.hh"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "columns.hh"
#include "error.hh"

namespace {

Napi::Error codedError(Napi::Env env, const char* code, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  return error;
}

std::string name(const Napi::CallbackInfo& info) {
  if (info.Length() == 0 || !info[0].IsString()) throw Napi::TypeError::New(info.Env(), "the first argument must be a name");
  return info[0].As<Napi::String>().Utf8Value();
}

Napi::Uint8Array bytes(Napi::Env env, const Napi::Value& value, const char* what) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
    throw Napi::TypeError::New(env, std::string(what) + " must be a Uint8Array");
  return value.As<Napi::Uint8Array>();
}

bool has(const Napi::Object& options, const char* key) { return !options.Get(key).IsUndefined(); }

std::string text(const Napi::CallbackInfo& info, size_t index, const char* what) {
  if (!info[index].IsString()) throw Napi::TypeError::New(info.Env(), std::string(what) + " must be a string");
  return info[index].As<Napi::String>().Utf8Value();
}

// What libbpf would look up in kallsyms, as a pattern, is taken by name here: names need no right to see addresses.
struct bpf_link* attachMulti(struct bpf_program* program, const std::string& symbols, bool atReturn) {
  std::vector<std::string> names;
  for (size_t from = 0; from <= symbols.size();) {
    size_t to = std::min(symbols.find(',', from), symbols.size());
    names.push_back(symbols.substr(from, to - from));
    from = to + 1;
  }
  std::vector<const char*> list;
  for (const std::string& one : names) list.push_back(one.c_str());
  LIBBPF_OPTS(bpf_kprobe_multi_opts, opts, .syms = list.data(), .cnt = list.size(), .retprobe = atReturn);
  return bpf_program__attach_kprobe_multi_opts(program, nullptr, &opts);
}

struct bpf_link* attachBySection(struct bpf_program* program) {
  std::string section = bpf_program__section_name(program);
  const std::string entry = "kprobe.multi/", atReturn = "kretprobe.multi/";
  if (section.compare(0, entry.size(), entry) == 0) return attachMulti(program, section.substr(entry.size()), false);
  if (section.compare(0, atReturn.size(), atReturn) == 0) return attachMulti(program, section.substr(atReturn.size()), true);
  return bpf_program__attach(program);
}

// Of a Uint8Array that may be a view into a larger buffer.
uint8_t* start(const Napi::TypedArray& array) { return static_cast<uint8_t*>(array.ArrayBuffer().Data()) + array.ByteOffset(); }

}  // namespace

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

void Session::configure(Napi::Env env, const Napi::Object& options) {
  if (has(options, "programs")) {
    Napi::Array wanted = options.Get("programs").As<Napi::Array>();
    struct bpf_program* program;
    bpf_object__for_each_program(program, object_) bpf_program__set_autoload(program, false);
    for (uint32_t i = 0; i < wanted.Length(); i++) {
      std::string one = wanted.Get(i).ToString().Utf8Value();
      program = bpf_object__find_program_by_name(object_, one.c_str());
      if (program == nullptr) throw codedError(env, "ERR_UNKNOWN_PROGRAM", "no program " + one + " in this BPF object");
      bpf_program__set_autoload(program, true);
    }
  }
  if (has(options, "except")) {
    Napi::Array unwanted = options.Get("except").As<Napi::Array>();
    for (uint32_t i = 0; i < unwanted.Length(); i++) {
      struct bpf_program* program = bpf_object__find_program_by_name(object_, unwanted.Get(i).ToString().Utf8Value().c_str());
      if (program != nullptr) bpf_program__set_autoload(program, false);
    }
  }
  if (has(options, "mapEntries")) {
    Napi::Object entries = options.Get("mapEntries").As<Napi::Object>();
    for (const auto& pair : entries) {
      std::string one = pair.first.ToString().Utf8Value();
      struct bpf_map* map = bpf_object__find_map_by_name(object_, one.c_str());
      if (map == nullptr) throw codedError(env, "ERR_UNKNOWN_MAP", "no map " + one + " in this BPF object");
      int error = bpf_map__set_max_entries(map, Napi::Value(pair.second).ToNumber().Uint32Value());
      if (error != 0) throwKernelError(env, -error, "configure", "map " + one + " cannot have this size");
    }
  }
  if (has(options, "pins")) {
    Napi::Object pins = options.Get("pins").As<Napi::Object>();
    for (const auto& pair : pins) {
      std::string one = pair.first.ToString().Utf8Value();
      struct bpf_map* map = bpf_object__find_map_by_name(object_, one.c_str());
      if (map == nullptr) throw codedError(env, "ERR_UNKNOWN_MAP", "no map " + one + " in this BPF object");
      int error = bpf_map__set_pin_path(map, Napi::Value(pair.second).ToString().Utf8Value().c_str());
      if (error != 0) throwKernelError(env, -error, "configure", "map " + one + " cannot be pinned");
    }
  }
  if (has(options, "constants")) {
    Napi::Object constants = options.Get("constants").As<Napi::Object>();
    for (const auto& pair : constants) {
      Napi::Value value = pair.second;
      if (!value.IsTypedArray()) throw Napi::TypeError::New(env, "a constant must be a typed array of its bytes");
      setConstant(env, pair.first.ToString().Utf8Value(), value.As<Napi::TypedArray>());
    }
  }
}

void Session::setConstant(Napi::Env env, const std::string& name, const Napi::TypedArray& value) {
  const struct btf* btf = bpf_object__btf(object_);
  int section = btf != nullptr ? btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC) : -1;
  struct bpf_map* map;
  uint8_t* data = nullptr;
  size_t size = 0;
  bpf_object__for_each_map(map, object_) {
    const char* mapName = bpf_map__name(map);
    size_t length = strlen(mapName);
    if (length >= 7 && strcmp(mapName + length - 7, ".rodata") == 0) data = static_cast<uint8_t*>(const_cast<void*>(bpf_map__initial_value(map, &size)));
  }
  if (section > 0 && data != nullptr) {
    const struct btf_type* type = btf__type_by_id(btf, static_cast<uint32_t>(section));
    const struct btf_var_secinfo* variable = btf_var_secinfos(type);
    for (uint16_t i = 0; i < btf_vlen(type); i++, variable++) {
      if (name != btf__name_by_offset(btf, btf__type_by_id(btf, variable->type)->name_off)) continue;
      if (variable->size != value.ByteLength() || variable->offset + variable->size > size)
        throw codedError(env, "ERR_CONSTANT_SIZE", "constant " + name + " has " + std::to_string(variable->size) + " bytes, not " + std::to_string(value.ByteLength()));
      memcpy(data + variable->offset, start(value), variable->size);
      return;
    }
  }
  throw codedError(env, "ERR_UNKNOWN_CONSTANT", "no constant " + name + " in this BPF object");
}

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

// attach(program)
Napi::Value Session::attach(const Napi::CallbackInfo& info) {
  struct bpf_program* program = this->program(info);
  std::string key = bpf_program__name(program);
  if (links_.count(key) != 0) return info.Env().Undefined();
  LogCapture log;
  struct bpf_link* link = attachBySection(program);
  if (link == nullptr) throwKernelError(info.Env(), errno, "attach", "program " + key + " cannot be attached", log.text());
  links_[key] = link;
  return info.Env().Undefined();
}

// detach(program)
Napi::Value Session::detach(const Napi::CallbackInfo& info) {
  struct bpf_program* program = this->program(info);
  auto link = links_.find(bpf_program__name(program));
  if (link != links_.end()) {
    auto adopted = adopted_.find(link->first);
    if (adopted != adopted_.end()) {
      ::close(adopted->second);
      adopted_.erase(adopted);
    }
    bpf_link__destroy(link->second);
    links_.erase(link);
  }
  return info.Env().Undefined();
}

// pin(program, link path, program path): what is attached outlives this process
Napi::Value Session::pin(const Napi::CallbackInfo& info) {
  struct bpf_program* program = this->program(info);
  std::string key = bpf_program__name(program);
  auto link = links_.find(key);
  if (link == links_.end()) throw codedError(info.Env(), "ERR_NOT_ATTACHED", "program " + key + " is not attached");
  // The program first: whoever finds the link finds its program too.
  int error = bpf_program__pin(program, text(info, 2, "program path").c_str());
  if (error == 0) error = bpf_link__pin(link->second, text(info, 1, "link path").c_str());
  if (error != 0) throwKernelError(info.Env(), -error, "pin", "program " + key + " cannot be pinned");
  return info.Env().Undefined();
}

// adopt(program, link path, program path): what an earlier session pinned is as if this one had attached it
Napi::Value Session::adopt(const Napi::CallbackInfo& info) {
  struct bpf_program* program = this->program(info);
  std::string key = bpf_program__name(program);
  if (links_.count(key) != 0) throw codedError(info.Env(), "ERR_ATTACHED", "program " + key + " is attached already");
  int fd = bpf_obj_get(text(info, 2, "program path").c_str());
  if (fd < 0) throwKernelError(info.Env(), errno, "pin", "the pinned program of " + key + " cannot be opened");
  struct bpf_link* link = bpf_link__open(text(info, 1, "link path").c_str());
  if (link == nullptr) {
    int error = errno;
    ::close(fd);
    throwKernelError(info.Env(), error, "pin", "the pinned link of " + key + " cannot be opened");
  }
  links_[key] = link;
  adopted_[key] = fd;
  return info.Env().Undefined();
}

// stage(program, map, index): what jumps there runs this program from now on
Napi::Value Session::stage(const Napi::CallbackInfo& info) {
  struct bpf_program* program = this->program(info);
  std::string wanted = text(info, 1, "map");
  struct bpf_map* map = bpf_object__find_map_by_name(object_, wanted.c_str());
  if (map == nullptr) throw codedError(info.Env(), "ERR_UNKNOWN_MAP", "no map " + wanted + " in this BPF object");
  uint32_t index = info[2].ToNumber().Uint32Value();
  int fd = bpf_program__fd(program);
  if (bpf_map_update_elem(bpf_map__fd(map), &index, &fd, BPF_ANY) != 0)
    throwKernelError(info.Env(), errno, "map", "map " + wanted + " refused program " + bpf_program__name(program));
  return info.Env().Undefined();
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
