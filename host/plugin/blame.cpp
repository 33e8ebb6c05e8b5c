#include "host/plugin/blame.hpp"

#include <hookswitch/messages.hpp>

#include <algorithm>
#include <string_view>

#include "host/plugin/message.hpp"

namespace hookswitch::plugin::blame {
namespace {

std::string phaseName(std::uint32_t phase) {
  const char* word = hks::abi::Words(hks::abi::words::phases).nameOf(phase);
  std::string name = word ? word : "unknown";
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = char(c + 32);
  return name;
}

}  // namespace

hks_str aboutOf(const hks_msg& message) {
  hks_str about{};
  if (message.type == HKS_CALL_PHASE) {
    auto& phase = reinterpret_cast<const hks_phase&>(message);
    if (phase.record && phase.record->call) about = phase.record->call->call;
  } else if (message.type == HKS_HTTP_REQUEST) {
    // The path alone: a query may hold anything, and the path of an upgrade holds the token of a stream.
    auto& request = reinterpret_cast<const hks_http&>(message);
    if (!(request.flags & HKS_HTTP_UPGRADE)) about = request.url;
    about.size = std::min<std::size_t>(about.size, view(about).find('?'));
  }
  return about;
}

std::string inStep(const std::string& role, std::uint32_t type, std::uint32_t phase, const std::string& about) {
  if (role == "load") return "while its file was being loaded";
  const bool media = role == "carrier" || role == "voice";
  const std::string of = about.empty() ? "" : (type == HKS_HTTP_REQUEST ? " for " : " of the call ") + about;
  if (type == HKS_CALL_PHASE) return "in the hook " + phaseName(phase) + of;
  const std::string what = type ? typeName(type) : std::string("opening or closing a session");
  return "in " + what + (media ? " as " + role : "") + of;
}

std::string inStep(const Stepped& who, const hks_msg& message) {
  const auto phase = message.type == HKS_CALL_PHASE ? reinterpret_cast<const hks_phase&>(message).phase : 0;
  return inStep(who.role, message.type, phase, std::string(view(aboutOf(message))));
}

std::string failed(const Stepped& who, const hks_msg& message, hks_status status) {
  return "failed " + inStep(who, message) + " with status " + std::to_string(status);
}

std::string slow(const Stepped& who, const hks_msg& message, std::uint64_t took_us, const char* waiting) {
  return "took " + std::to_string(took_us / 1000) + " ms " + inStep(who, message) + "; while it computes, " + waiting;
}

std::string refused(const Stepped& who, const hks_msg& message, const std::string& complaint) {
  return "put " + complaint + " " + inStep(who, message) + ", which was refused";
}

std::string broken(std::uint32_t times) { return "failed " + std::to_string(times) + " times in a row"; }

std::string misgiven(const Stepped& who, const hks_msg& message) {
  return std::string("was to be given ") + typeName(message.type) + ", which is not for a session of role " + who.role +
         "; a mistake of the gateway, not of the plugin";
}

}  // namespace hookswitch::plugin::blame
