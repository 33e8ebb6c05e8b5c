// Lists of the Twilio fake: calls in pages, the log of a call; and the table they are read from.
#include "tests/fakes/twilio_impl.hpp"

#include <algorithm>
#include <cstdlib>

namespace fakes {

using Json = nlohmann::json;

namespace {

constexpr std::size_t usual_page = 50, largest_page = 1000;

std::size_t number(const Form& query, const char* name, std::size_t otherwise) {
  const auto* value = find(query, name);
  return value == nullptr ? otherwise : std::size_t(std::strtoul(value->c_str(), nullptr, 10));
}

}  // namespace

Response Twilio::Impl::answer(unsigned status, const Json& body) {
  Response response;
  response.status = status;
  response.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return response;
}

void Twilio::Impl::remember(const std::shared_ptr<TwilioCall>& call) {
  calls[call->sid()] = call;
  order.push_back(call);
  if (keep == 0 || order.size() < 2 * keep) return;
  // The newest `keep` stay, and whatever is not over.
  const auto newest = order.end() - std::ptrdiff_t(keep);
  const auto gone = std::stable_partition(order.begin(), newest, [](const auto& one) { return !one->over(); });
  for (auto at = gone; at != newest; ++at) {
    ++forgotten;
    forgotten_hang_ups += (*at)->hangUpRequests();
    forgotten_errors += (*at)->protocolErrors();
    calls.erase((*at)->sid());
  }
  order.erase(gone, newest);
}

Response Twilio::Impl::events(const TwilioCall& call) const {
  const std::string& log = call.plan().log;
  if (log == "none") return error(404, 20404, "The requested resource was not found");
  const std::string uri = base() + "/Calls/" + call.sid() + "/Events.json?PageSize=50&Page=0";
  const Json list = log == "late" ? Json::array() : call.events();
  return answer(200, {{"events", list},
                      {"page", 0},
                      {"page_size", usual_page},
                      {"start", 0},
                      {"end", list.empty() ? 0 : list.size() - 1},
                      {"uri", uri},
                      {"first_page_uri", uri},
                      {"next_page_uri", nullptr},
                      {"previous_page_uri", nullptr}});
}

Response Twilio::Impl::list(const Request& request) const {
  const auto mark = request.target.find('?');
  const Form query = decodeForm(mark == std::string::npos ? "" : std::string_view(request.target).substr(mark + 1));
  const std::size_t size = std::clamp<std::size_t>(number(query, "PageSize", usual_page), 1, largest_page);
  const std::size_t page = number(query, "Page", 0);
  std::vector<const TwilioCall*> found;
  for (auto at = order.rbegin(); at != order.rend(); ++at) {
    const TwilioCall& call = **at;
    const std::string day = isoDate(call.started());
    const bool fits = std::all_of(query.begin(), query.end(), [&](const auto& filter) {
      const auto& [name, value] = filter;
      if (name == "To") return call.request().to == value;
      if (name == "From") return call.request().from == value;
      if (name == "Status") return call.status() == value;
      if (name == "ParentCallSid") return call.request().parent_sid == value;
      if (name == "StartTime") return day == value;
      if (name == "StartTime<") return day <= value;
      if (name == "StartTime>") return day >= value;
      return true;
    });
    if (fits) found.push_back(&call);
  }
  const auto uri = [&](std::size_t number) {
    Form next;
    for (const auto& pair : query)
      if (pair.first != "Page" && pair.first != "PageToken") next.push_back(pair);
    if (find(next, "PageSize") == nullptr) next.emplace_back("PageSize", std::to_string(size));
    next.emplace_back("Page", std::to_string(number));
    if (number > 0) next.emplace_back("PageToken", "PA" + found[number * size - 1]->sid());
    return Json(base() + "/Calls.json?" + encodeForm(next));
  };
  Json listed = Json::array();
  for (std::size_t i = page * size; i < std::min(found.size(), (page + 1) * size); ++i)
    listed.push_back(found[i]->resource());
  const std::size_t start = page * size;
  return answer(200, {{"page", page},
                      {"page_size", size},
                      {"start", start},
                      {"end", start + (listed.empty() ? 0 : listed.size() - 1)},
                      {"uri", request.target},
                      {"first_page_uri", uri(0)},
                      {"next_page_uri", (page + 1) * size < found.size() ? uri(page + 1) : Json()},
                      {"previous_page_uri", page > 0 && start <= found.size() ? uri(page - 1) : Json()},
                      {"calls", listed}});
}

}  // namespace fakes
