// How the programs of a session are called: links to hooks, of this process or on a BPF file system.
#include <bpf/bpf.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "arguments.hh"
#include "error.hh"
#include "session.hh"

namespace {

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

}  // namespace

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
