#include "plugins/twilio/form.hpp"

#include "plugins/twilio/text.hpp"

namespace hookswitch::twilio {

bool Form::parse(std::string_view body) {
  fields_.clear();
  if (body.size() > kMaxBytes) return false;
  while (!body.empty()) {
    const auto end = body.find('&');
    const std::string_view pair = body.substr(0, end);
    if (!pair.empty()) {
      if (fields_.size() == kMaxFields) {
        fields_.clear();
        return false;
      }
      const auto equals = pair.find('=');
      fields_.emplace_back(formDecode(pair.substr(0, equals)),
                           equals == std::string_view::npos ? std::string() : formDecode(pair.substr(equals + 1)));
    }
    if (end == std::string_view::npos) break;
    body.remove_prefix(end + 1);
  }
  return true;
}

std::string_view Form::operator[](std::string_view name) const {
  for (const auto& field : fields_)
    if (field.first == name) return field.second;
  return {};
}

bool Form::has(std::string_view name) const {
  for (const auto& field : fields_)
    if (field.first == name) return true;
  return false;
}

Form& Form::add(std::string_view name, std::string_view value) {
  fields_.emplace_back(name, value);
  return *this;
}

std::string Form::encode() const {
  std::string out;
  for (const auto& [name, value] : fields_) {
    if (!out.empty()) out += '&';
    percentEncodeTo(out, name);
    out += '=';
    percentEncodeTo(out, value);
  }
  return out;
}

}  // namespace hookswitch::twilio
