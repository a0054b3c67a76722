// What is set before the kernel sees the object: its programs, the sizes and places of its maps, its constants.
#include <bpf/btf.h>

#include <cstring>

#include "arguments.hh"
#include "error.hh"
#include "session.hh"

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
