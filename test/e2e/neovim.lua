-- Opens a patch in Neovim with its own language client, waits for diagnostics, asks for a hover and
-- prints both as JSON. Arguments by environment: SERVER (JSON list), PATCH, HOVER_LINE, HOVER_COLUMN, CODE.

local server = vim.fn.json_decode(vim.env.SERVER)
local buffer = vim.fn.bufadd(vim.env.PATCH)
vim.fn.bufload(buffer)
vim.api.nvim_set_current_buf(buffer)
vim.api.nvim_buf_set_option(buffer, 'filetype', 'diff')

local client = vim.lsp.start_client({
  name = 'kvm-mmu-review',
  cmd = server,
  root_dir = vim.fn.getcwd(),
  init_options = { kvmMmu = { vmTypes = { 'tdx' }, budgetSeconds = 30 } },
})
vim.lsp.buf_attach_client(buffer, client)

local function found()
  for _, diagnostic in ipairs(vim.diagnostic.get(buffer)) do
    if diagnostic.code == vim.env.CODE or (diagnostic.user_data and diagnostic.user_data.lsp.code == vim.env.CODE) then
      return true
    end
  end
  return false
end
local waited = vim.wait(100000, found, 50)

local position = { line = tonumber(vim.env.HOVER_LINE) - 1, character = tonumber(vim.env.HOVER_COLUMN) }
local asked = { textDocument = vim.lsp.util.make_text_document_params(buffer), position = position }
local answers = vim.lsp.buf_request_sync(buffer, 'textDocument/hover', asked, 10000) or {}
local hover = answers[client] and answers[client].result

local diagnostics = {}
for _, diagnostic in ipairs(vim.diagnostic.get(buffer)) do
  table.insert(diagnostics, {
    line = diagnostic.lnum + 1,
    severity = diagnostic.severity,
    message = diagnostic.message,
    code = diagnostic.code or diagnostic.user_data.lsp.code,
  })
end
io.stdout:write(vim.fn.json_encode({
  waited = waited,
  diagnostics = diagnostics,
  hover = hover and hover.contents.value or vim.NIL,
}))
vim.lsp.stop_client(client)
vim.cmd('qall!')
